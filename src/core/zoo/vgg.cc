// VGG (Simonyan and Zisserman 2015), configurations A, B, D, E, plain and with batch norm.
#include <span>

#include "core/zoo/builder.h"
#include "core/zoo/zoo.h"

namespace pare {
namespace {

struct VggOptions : ImageOptions {
  std::string head = "imagenet";
  VggOptions() : ImageOptions{.classes = 1000, .channels = 3, .size = 224} {}
  void visit(ParamVisitor& v) {
    ImageOptions::visit(v);
    v.field("head", head, "imagenet: two hidden layers of 4096 units; small: one linear layer, for images of 32 pixels",
            {"imagenet", "small"});
  }
};

constexpr int64_t kVggPool = 0;
constexpr int64_t kVgg11[] = {64, 0, 128, 0, 256, 256, 0, 512, 512, 0, 512, 512, 0};
constexpr int64_t kVgg13[] = {64, 64, 0, 128, 128, 0, 256, 256, 0, 512, 512, 0, 512, 512, 0};
constexpr int64_t kVgg16[] = {64, 64, 0, 128, 128, 0, 256, 256, 256, 0, 512, 512, 512, 0, 512, 512, 512, 0};
constexpr int64_t kVgg19[] = {64,  64,  0,   128, 128, 0,   256, 256, 256, 256, 0,
                              512, 512, 512, 512, 0,   512, 512, 512, 512, 0};

ValueId vgg_head(Builder& b, ValueId x, const VggOptions& options) {
  if (options.head == "small") {
    if (b.size(x, 2) > 1) x = b.apply(OpKind::global_average_pool, "pool6", {x});
    x = b.flatten("flatten", x);
    return b.fc("fc1", x, options.classes, Init::glorot);
  }
  x = b.flatten("flatten", x);
  for (const char* n : {"1", "2"}) {
    x = b.relu(std::string("fc_relu") + n, b.fc(std::string("fc") + n, x, 4096, Init::he));
    x = b.dropout(std::string("dropout") + n, x, 0.5F);
  }
  return b.fc("fc3", x, options.classes, Init::glorot);
}

Graph build_vgg(std::string_view name, std::span<const int64_t> plan, bool normalized, const Param& params,
                uint64_t seed) {
  const auto options = zoo_options<VggOptions>(params);
  Builder b(name, seed, options);
  ValueId x = b.input();
  int stage = 1, layer = 1;  // layers are named convSTAGE_LAYER, as in the paper
  for (int64_t channels : plan) {
    if (channels == kVggPool) {
      x = b.max_pool("pool" + std::to_string(stage++), x);
      layer = 1;
      continue;
    }
    const std::string place = std::to_string(stage) + "_" + std::to_string(layer++);
    x = b.conv("conv" + place, x, channels, {.kernel = 3, .pad = 1});
    if (normalized) x = b.batch_norm("bn" + place, x);
    x = b.relu("relu" + place, x);
  }
  return b.finish(vgg_head(b, x, options));
}
std::vector<ParamInfo> options_vgg() { return params_info(VggOptions{}); }

}  // namespace

// clang-format off
#define PARE_VGG(depth, plain_parameters, bn_parameters)                                                                     \
  extern const Architecture zoo_vgg##depth, zoo_vgg##depth##_bn;                                                             \
  const Architecture zoo_vgg##depth = {"vgg" #depth, "VGG with " #depth " layers (ImageNet by default)",                     \
      [](const Param& p, uint64_t seed) { return build_vgg("vgg" #depth, kVgg##depth, false, p, seed); }, options_vgg, plain_parameters}; \
  const Architecture zoo_vgg##depth##_bn = {"vgg" #depth "-bn", "VGG with " #depth " layers and batch norm (ImageNet by default)", \
      [](const Param& p, uint64_t seed) { return build_vgg("vgg" #depth "-bn", kVgg##depth, true, p, seed); }, options_vgg, bn_parameters};
PARE_VGG(11, 132'863'336, 132'868'840)
PARE_VGG(13, 133'047'848, 133'053'736)
PARE_VGG(16, 138'357'544, 138'365'992)
PARE_VGG(19, 143'667'240, 143'678'248)
#undef PARE_VGG
// clang-format on

}  // namespace pare
