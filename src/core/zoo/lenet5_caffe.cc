// LeNet-5-Caffe: the LeNet that ships with Caffe (no activation between the convolutions), as Deep Compression used it.
#include "core/zoo/builder.h"
#include "core/zoo/zoo.h"

namespace pare {
namespace {

Graph build_lenet5_caffe(const Param& params, uint64_t seed) {
  const auto options = zoo_options<ImageOptions>(params);
  Builder b("lenet5-caffe", seed, options);
  const ConvOptions conv{.kernel = 5, .init = Init::lecun};
  ValueId x = b.max_pool("pool1", b.conv("conv1", b.input(), 20, conv));
  x = b.max_pool("pool2", b.conv("conv2", x, 50, conv));
  x = b.flatten("flatten", x);
  x = b.relu("relu1", b.fc("fc1", x, 500, Init::lecun));
  return b.finish(b.fc("fc2", x, options.classes, Init::lecun));
}
std::vector<ParamInfo> options_lenet5_caffe() { return params_info(ImageOptions{}); }

}  // namespace

extern const Architecture zoo_lenet5_caffe;
const Architecture zoo_lenet5_caffe = {"lenet5-caffe", "convolutions of 20 and 50 maps, 500 hidden units, for MNIST",
                                       build_lenet5_caffe, options_lenet5_caffe, 431'080};

}  // namespace pare
