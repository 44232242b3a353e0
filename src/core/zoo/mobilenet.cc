// MobileNet v1 ("MobileNets: efficient convolutional neural networks for mobile vision applications", Howard et al.
// 2017) and v2 ("MobileNetV2: inverted residuals and linear bottlenecks", Sandler et al. 2018): a depthwise 3x3
// convolution filters, 1x1 convolutions mix. Both clip at 6, as their published code does.
#include <algorithm>

#include "core/zoo/builder.h"
#include "core/zoo/zoo.h"

namespace pare {
namespace {

struct MobilenetOptions : ImageNetOptions {
  double width = 1;
  void visit(ParamVisitor& v) {
    ImageNetOptions::visit(v);
    v.field("width", width, "factor on the channels of every layer", {0.05, 8});
  }
};

class Mobilenet {
 public:
  Mobilenet(std::string_view name, uint64_t seed, const MobilenetOptions& options)
      : options_(options), b_(name, seed, options) {}

  // As published for TensorFlow: channels are cut off, at least 8, and dropout is weak.
  Graph v1() {
    const auto scaled = [&](int64_t channels) { return std::max<int64_t>(8, cut(channels)); };
    struct Block {
      int64_t channels, stride;
    };
    constexpr Block blocks[] = {{64, 1},  {128, 2}, {128, 1}, {256, 2}, {256, 1},  {512, 2}, {512, 1},
                                {512, 1}, {512, 1}, {512, 1}, {512, 1}, {1024, 2}, {1024, 1}};
    ValueId x = full("conv1", b_.input(), scaled(32), 3, options_.small() ? 1 : 2);
    int number = 1;
    for (const Block& block : blocks) {
      const std::string at = "block" + std::to_string(number++) + ".";
      x = depthwise(at + "depthwise", x, block.stride);
      x = full(at + "pointwise", x, scaled(block.channels), 1, 1);
    }
    return head(x, 0.001F, Init::glorot);
  }

  Graph v2() {
    // Expansion of the block's inner channels, channels, blocks, stride of the first (table 2 of the paper).
    struct Stage {
      int64_t expansion, channels;
      int blocks;
      int64_t stride;
    };
    constexpr Stage stages[] = {{1, 16, 1, 1}, {6, 24, 2, 2},  {6, 32, 3, 2}, {6, 64, 4, 2},
                                {6, 96, 3, 1}, {6, 160, 3, 2}, {6, 320, 1, 1}};
    const bool small = options_.small();  // then neither the first layer nor stage 2 shrinks the image
    ValueId x = full("conv1", b_.input(), divisible(32), 3, small ? 1 : 2);
    int stage = 1;
    for (const Stage& s : stages) {
      for (int block = 1; block <= s.blocks; ++block)
        x = inverted_residual("stage" + std::to_string(stage) + ".block" + std::to_string(block) + ".", x, s.expansion,
                              divisible(s.channels), block > 1 || (small && stage == 2) ? 1 : s.stride);
      ++stage;
    }
    // Multipliers below 1 leave the last convolution as it is (section 5 of the paper).
    return head(full("conv2", x, options_.width > 1 ? divisible(1280) : 1280, 1, 1), 0.2F, Init::small);
  }

 private:
  int64_t cut(int64_t channels) const { return static_cast<int64_t>(options_.width * static_cast<double>(channels)); }
  // The nearest multiple of 8 that does not take away more than a tenth: `_make_divisible` of the published code.
  int64_t divisible(int64_t channels) const {
    const double wanted = options_.width * static_cast<double>(channels);
    const int64_t rounded = std::max<int64_t>(8, static_cast<int64_t>(wanted + 4) / 8 * 8);
    return static_cast<double>(rounded) < 0.9 * wanted ? rounded + 8 : rounded;
  }

  ValueId full(const std::string& name, ValueId x, int64_t channels, int64_t kernel, int64_t stride) {
    return b_.relu6(name + "_relu6",
                    linear(name, x, channels, {.kernel = kernel, .stride = stride, .pad = kernel / 2}));
  }
  ValueId depthwise(const std::string& name, ValueId x, int64_t stride) {
    const int64_t channels = b_.channels(x);
    return b_.relu6(name + "_relu6", linear(name, x, channels, {.stride = stride, .pad = 1, .group = channels}));
  }
  ValueId linear(const std::string& name, ValueId x, int64_t channels, ConvOptions options) {
    options.init = Init::he_out;
    return b_.conv_norm(name, name + "_bn", x, channels, options);
  }
  // Wide inside, narrow outside; the narrow ends are linear, for a nonlinearity would lose what they carry.
  ValueId inverted_residual(const std::string& at, ValueId x, int64_t expansion, int64_t channels, int64_t stride) {
    ValueId y = expansion == 1 ? x : full(at + "expand", x, b_.channels(x) * expansion, 1, 1);
    y = linear(at + "project", depthwise(at + "depthwise", y, stride), channels, {.kernel = 1});
    return stride == 1 && b_.channels(x) == channels ? b_.apply(OpKind::add, at + "add", {x, y}) : y;
  }
  Graph head(ValueId x, float dropout, Init init) {
    x = b_.dropout("dropout", b_.global_pool("pool", x), dropout);
    return b_.finish(b_.fc("fc", x, options_.classes, init));
  }

  MobilenetOptions options_;
  Builder b_;
};

Graph build_mobilenet_v1(const Param& params, uint64_t seed) {
  return Mobilenet("mobilenet-v1", seed, zoo_options<MobilenetOptions>(params)).v1();
}
Graph build_mobilenet_v2(const Param& params, uint64_t seed) {
  return Mobilenet("mobilenet-v2", seed, zoo_options<MobilenetOptions>(params)).v2();
}
std::vector<ParamInfo> options_mobilenet() { return params_info(MobilenetOptions{}); }

}  // namespace

extern const Architecture zoo_mobilenet_v1, zoo_mobilenet_v2;
const Architecture zoo_mobilenet_v1 = {"mobilenet-v1", "depthwise and 1x1 convolutions in turn (ImageNet by default)",
                                       build_mobilenet_v1, options_mobilenet, 4'231'976};
const Architecture zoo_mobilenet_v2 = {"mobilenet-v2", "inverted residuals, linear bottlenecks (ImageNet by default)",
                                       build_mobilenet_v2, options_mobilenet, 3'504'872};

}  // namespace pare
