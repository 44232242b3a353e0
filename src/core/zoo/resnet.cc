// ResNet for ImageNet ("Deep residual learning for image recognition", He et al. 2016, table 1): a stem, four stages of
// 64, 128, 256 and 512 maps, two convolutions per block, or three in a bottleneck of a quarter of the maps from
// ResNet-50 on. As in torchvision, the 3x3 convolution of a bottleneck has the stride ("v1.5").
#include <array>

#include "core/zoo/builder.h"
#include "core/zoo/zoo.h"

namespace pare {
namespace {

struct ResnetOptions : ImageNetOptions {
  bool zero_init = false;
  void visit(ParamVisitor& v) {
    ImageNetOptions::visit(v);
    v.field("zero_init", zero_init, "start every block as the identity: scale 0 in its last norm");
  }
};

struct ResnetPlan {
  std::array<int, 4> blocks;
  bool bottleneck;
};

class Resnet {
 public:
  Resnet(std::string_view name, const ResnetPlan& plan, const ResnetOptions& options, uint64_t seed)
      : plan_(plan), options_(options), b_(name, seed, options) {}

  Graph build() {
    ValueId x = stem();
    for (size_t stage = 0; stage < plan_.blocks.size(); ++stage)
      for (int block = 0; block < plan_.blocks[stage]; ++block)
        x = residual("stage" + std::to_string(stage + 1) + ".block" + std::to_string(block + 1) + ".", x,
                     int64_t{64} << stage, stage > 0 && block == 0 ? 2 : 1);
    return b_.finish(b_.fc("fc", b_.global_pool("pool", x), options_.classes, Init::lecun));
  }

 private:
  ValueId stem() {
    if (options_.small()) return b_.relu("relu1", conv_norm("conv1", "bn1", b_.input(), 64, 3, 1));
    const ValueId x = b_.relu("relu1", conv_norm("conv1", "bn1", b_.input(), 64, 7, 2));
    return b_.max_pool("pool1", x, {.kernel = 3, .stride = 2, .pad = 1});
  }
  ValueId conv_norm(const std::string& conv, const std::string& norm, ValueId x, int64_t channels, int64_t kernel,
                    int64_t stride, float scale = 1) {
    return b_.conv_norm(conv, norm, x, channels,
                        {.kernel = kernel, .stride = stride, .pad = kernel / 2, .init = Init::he_out}, scale);
  }
  ValueId residual(const std::string& at, ValueId x, int64_t width, int64_t stride) {
    const int64_t channels = plan_.bottleneck ? 4 * width : width;
    // Goyal et al. 2017 ("Accurate, large minibatch SGD", section 5.1) start the last scale at 0; He et al. at 1.
    const float last = options_.zero_init ? 0.0F : 1.0F;
    ValueId y;
    if (plan_.bottleneck) {
      y = b_.relu(at + "relu1", conv_norm(at + "conv1", at + "bn1", x, width, 1, 1));
      y = b_.relu(at + "relu2", conv_norm(at + "conv2", at + "bn2", y, width, 3, stride));
      y = conv_norm(at + "conv3", at + "bn3", y, channels, 1, 1, last);
    } else {
      y = b_.relu(at + "relu1", conv_norm(at + "conv1", at + "bn1", x, width, 3, stride));
      y = conv_norm(at + "conv2", at + "bn2", y, channels, 3, 1, last);
    }
    if (stride != 1 || b_.channels(x) != channels)
      x = conv_norm(at + "shortcut", at + "shortcut_bn", x, channels, 1, stride);
    return b_.relu(at + "relu", b_.apply(OpKind::add, at + "add", {y, x}));
  }

  ResnetPlan plan_;
  ResnetOptions options_;
  Builder b_;
};

constexpr ResnetPlan kResnet18{{2, 2, 2, 2}, false};
constexpr ResnetPlan kResnet34{{3, 4, 6, 3}, false};
constexpr ResnetPlan kResnet50{{3, 4, 6, 3}, true};

std::vector<ParamInfo> options_resnet() { return params_info(ResnetOptions{}); }

}  // namespace

// clang-format off
#define PARE_RESNET(depth, parameters)                                                                                    \
  extern const Architecture zoo_resnet##depth;                                                                            \
  const Architecture zoo_resnet##depth = {"resnet" #depth, "ResNet with " #depth " layers (ImageNet by default)",         \
      [](const Param& p, uint64_t seed) { return Resnet("resnet" #depth, kResnet##depth, zoo_options<ResnetOptions>(p), seed).build(); }, \
      options_resnet, parameters};
PARE_RESNET(18, 11'689'512)
PARE_RESNET(34, 21'797'672)
PARE_RESNET(50, 25'557'032)
#undef PARE_RESNET
// clang-format on

}  // namespace pare
