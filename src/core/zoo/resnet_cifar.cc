// ResNet for CIFAR ("Deep residual learning for image recognition", He et al. 2016, section 4.2): depth 6n + 2, three
// stages of 16, 32 and 64 maps, batch norm after every convolution.
#include <limits>

#include "core/zoo/builder.h"
#include "core/zoo/zoo.h"

namespace pare {
namespace {

struct ResnetCifarOptions : ImageOptions {
  std::string shortcut = "A";
  ResnetCifarOptions() : ImageOptions{.classes = 10, .channels = 3, .size = 32} {}
  void visit(ParamVisitor& v) {
    ImageOptions::visit(v);
    v.field("shortcut", shortcut,
            "where the size changes: A takes every second pixel and pads channels with zeros (as published), "
            "B convolves",
            {"A", "B"});
  }
};

class ResnetCifar {
 public:
  ResnetCifar(int depth, const ResnetCifarOptions& options, uint64_t seed)
      : depth_(depth), options_(options), b_("resnet" + std::to_string(depth), seed, options) {}

  Graph build() {
    ValueId x = b_.relu("relu1", conv_norm("conv1", "bn1", b_.input(), 16, 3, 1));
    for (int stage = 1; stage <= 3; ++stage)
      for (int block = 1; block <= (depth_ - 2) / 6; ++block)
        x = residual("stage" + std::to_string(stage) + ".block" + std::to_string(block) + ".", x, int64_t{8} << stage,
                     stage > 1 && block == 1 ? 2 : 1);
    return b_.finish(b_.fc("fc", b_.global_pool("pool", x), options_.classes, Init::glorot));
  }

 private:
  ValueId conv_norm(const std::string& conv, const std::string& bn, ValueId x, int64_t channels, int64_t kernel,
                    int64_t stride) {
    return b_.conv_norm(conv, bn, x, channels, {.kernel = kernel, .stride = stride, .pad = kernel / 2});
  }
  ValueId residual(const std::string& at, ValueId x, int64_t channels, int64_t stride) {
    ValueId y = b_.relu(at + "relu1", conv_norm(at + "conv1", at + "bn1", x, channels, 3, stride));
    y = conv_norm(at + "conv2", at + "bn2", y, channels, 3, 1);
    if (stride != 1)
      x = options_.shortcut == "A" ? padded_shortcut(at, x, channels)
                                   : conv_norm(at + "shortcut", at + "shortcut_bn", x, channels, 1, stride);
    return b_.relu(at + "relu2", b_.apply(OpKind::add, at + "add", {y, x}));
  }
  // Every second pixel; the new channels are zeros, half of them in front and half behind.
  ValueId padded_shortcut(const std::string& at, ValueId x, int64_t channels) {
    auto list = [&](const char* part, const std::vector<int64_t>& values) { return b_.integers(at + part, values); };
    constexpr int64_t kToTheEnd = std::numeric_limits<int64_t>::max();
    const int64_t added = channels - b_.channels(x);
    x = b_.apply(OpKind::slice, at + "slice",
                 {x, list("slice.starts", {0, 0}), list("slice.ends", {kToTheEnd, kToTheEnd}),
                  list("slice.axes", {2, 3}), list("slice.steps", {2, 2})});
    return b_.apply(OpKind::pad, at + "pad", {x, list("pad.pads", {0, added / 2, 0, 0, 0, added - added / 2, 0, 0})});
  }

  int depth_;
  ResnetCifarOptions options_;
  Builder b_;
};

std::vector<ParamInfo> options_resnet_cifar() { return params_info(ResnetCifarOptions{}); }

}  // namespace

// clang-format off
#define PARE_RESNET_CIFAR(depth, parameters)                                                                     \
  extern const Architecture zoo_resnet##depth;                                                                   \
  const Architecture zoo_resnet##depth = {"resnet" #depth, "ResNet with " #depth " layers, for CIFAR",           \
      [](const Param& p, uint64_t seed) { return ResnetCifar(depth, zoo_options<ResnetCifarOptions>(p), seed).build(); }, \
      options_resnet_cifar, parameters};
PARE_RESNET_CIFAR(20, 269'722)
PARE_RESNET_CIFAR(32, 464'154)
PARE_RESNET_CIFAR(44, 658'586)
PARE_RESNET_CIFAR(56, 853'018)
PARE_RESNET_CIFAR(110, 1'727'962)
#undef PARE_RESNET_CIFAR
// clang-format on

}  // namespace pare
