// DenseNet-BC ("Densely connected convolutional networks", Huang et al. 2017, table 1): every layer of a block reads
// the maps of all layers before it and adds `growth` maps; transitions halve maps and sides. Norm and ReLU come before
// the convolution.
#include "core/zoo/builder.h"
#include "core/zoo/zoo.h"

namespace pare {
namespace {

struct DensenetOptions : ImageNetOptions {
  int64_t growth = 32;
  void visit(ParamVisitor& v) {
    ImageNetOptions::visit(v);
    v.field("growth", growth, "maps that each layer adds", {1, 256});
  }
};

// The norm's convolution: both bear its name.
ValueId densenet_layer(Builder& b, const std::string& name, ValueId x, int64_t channels, int64_t kernel) {
  x = b.relu(name + "_relu", b.batch_norm(name + "_bn", x));
  return b.conv(name, x, channels, {.kernel = kernel, .pad = kernel / 2, .bias = false, .init = Init::he_out});
}

Graph build_densenet121(const Param& params, uint64_t seed) {
  const auto options = zoo_options<DensenetOptions>(params);
  Builder b("densenet121", seed, options);
  const int64_t kernel = options.small() ? 3 : 7, stride = options.small() ? 1 : 2;
  ValueId x = b.conv_norm("conv1", "bn1", b.input(), 2 * options.growth,
                          {.kernel = kernel, .stride = stride, .pad = kernel / 2, .init = Init::he_out});
  x = b.relu("relu1", x);
  if (!options.small()) x = b.max_pool("pool1", x, {.kernel = 3, .stride = 2, .pad = 1});
  int block = 1;
  for (const int layers : {6, 12, 24, 16}) {
    if (block > 1) {
      const std::string at = "transition" + std::to_string(block - 1) + ".";
      x = b.average_pool(at + "pool", densenet_layer(b, at + "conv", x, b.channels(x) / 2, 1));
    }
    for (int layer = 1; layer <= layers; ++layer) {
      const std::string at = "block" + std::to_string(block) + ".layer" + std::to_string(layer) + ".";
      const ValueId narrow = densenet_layer(b, at + "conv1", x, 4 * options.growth, 1);  // the bottleneck
      x = b.concat(at + "concat", {x, densenet_layer(b, at + "conv2", narrow, options.growth, 3)});
    }
    ++block;
  }
  x = b.relu("relu2", b.batch_norm("bn2", x));
  return b.finish(b.fc("fc", b.global_pool("pool", x), options.classes, Init::lecun));
}
std::vector<ParamInfo> options_densenet() { return params_info(DensenetOptions{}); }

}  // namespace

extern const Architecture zoo_densenet121;
const Architecture zoo_densenet121 = {"densenet121", "DenseNet-BC with 121 layers (ImageNet by default)",
                                      build_densenet121, options_densenet, 7'978'856};

}  // namespace pare
