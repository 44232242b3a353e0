// LeNet-300-100: the fully connected network of LeCun et al. 1998 that pruning papers measure on.
#include "core/zoo/builder.h"
#include "core/zoo/zoo.h"

namespace pare {
namespace {

Graph build_lenet_300_100(const Param& params, uint64_t seed) {
  const auto options = zoo_options<ImageOptions>(params);
  Builder b("lenet-300-100", seed, options);
  ValueId x = b.flatten("flatten", b.input());
  x = b.relu("relu1", b.fc("fc1", x, 300, Init::lecun));
  x = b.relu("relu2", b.fc("fc2", x, 100, Init::lecun));
  return b.finish(b.fc("fc3", x, options.classes, Init::lecun));
}
std::vector<ParamInfo> options_lenet_300_100() { return params_info(ImageOptions{}); }

}  // namespace

extern const Architecture zoo_lenet_300_100;
const Architecture zoo_lenet_300_100 = {"lenet-300-100", "two hidden layers of 300 and 100 units, for MNIST",
                                        build_lenet_300_100, options_lenet_300_100, 266'610};

}  // namespace pare
