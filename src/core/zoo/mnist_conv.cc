// Two same-padded convolutions, a wide hidden layer and dropout: the 12.5 MB MNIST network of many tutorials.
#include "core/zoo/builder.h"
#include "core/zoo/zoo.h"

namespace pare {
namespace {

Graph build_mnist_conv(const Param& params, uint64_t seed) {
  const auto options = zoo_options<ImageOptions>(params);
  Builder b("mnist-conv", seed, options);
  const ConvOptions conv{.kernel = 5, .pad = 2, .init = Init::glorot};
  ValueId x = b.relu("relu1", b.conv("conv1", b.input(), 32, conv));
  x = b.batch_norm("bn1", b.max_pool("pool1", x));
  x = b.relu("relu2", b.conv("conv2", x, 64, conv));
  x = b.flatten("flatten", b.max_pool("pool2", x));
  x = b.relu("relu3", b.fc("fc1", x, 1024, Init::glorot));
  x = b.dropout("dropout1", x, 0.4F);
  return b.finish(b.fc("fc2", x, options.classes, Init::glorot));
}
std::vector<ParamInfo> options_mnist_conv() { return params_info(ImageOptions{}); }

}  // namespace

extern const Architecture zoo_mnist_conv;
const Architecture zoo_mnist_conv = {"mnist-conv",
                                     "two 5x5 convolutions, batch norm, 1024 hidden units, dropout, for MNIST",
                                     build_mnist_conv, options_mnist_conv, 3'274'698};

}  // namespace pare
