// A convolutional network for series, such as heartbeats in an electrocardiogram ("ECG heartbeat classification: a deep
// transferable representation", Kachuee, Fazeli and Sarrafzadeh 2018): a convolution, residual blocks that end in a
// pooling layer, a hidden layer; 13 weight layers by default.
#include "core/error.h"
#include "core/zoo/builder.h"
#include "core/zoo/zoo.h"

namespace pare {
namespace {

struct Cnn1dOptions {
  int64_t classes = 5, channels = 1, length = 187, width = 32, kernel = 5, blocks = 5, hidden = 32;
  void visit(ParamVisitor& v) {
    v.field("classes", classes, "outputs of the last layer", {1, 1e6});
    v.field("channels", channels, "channels of the series, such as leads", {1, 1024});
    v.field("length", length, "steps of the series", {1, 1e7});
    v.field("width", width, "maps of every convolution", {1, 4096});
    v.field("kernel", kernel, "steps that a convolution sees; odd", {1, 255});
    v.field("blocks", blocks, "residual blocks, each of which halves the length", {1, 32});
    v.field("hidden", hidden, "units of the hidden layer", {1, 65536});
  }
};

Graph build_cnn1d(const Param& params, uint64_t seed) {
  const auto options = zoo_options<Cnn1dOptions>(params);
  ensure(options.kernel % 2 == 1, "a kernel of {} steps has no middle: choose an odd one", options.kernel);
  Builder b("cnn1d", seed, Shape{options.channels, options.length});
  const ConvOptions same{.kernel = options.kernel, .pad = options.kernel / 2};
  ValueId x = b.conv("conv1", b.input(), options.width, same);
  for (int64_t i = 1; i <= options.blocks; ++i) {
    const std::string at = "block" + std::to_string(i) + ".";
    ValueId y = b.relu(at + "relu1", b.conv(at + "conv1", x, options.width, same));
    y = b.apply(OpKind::add, at + "add", {b.conv(at + "conv2", y, options.width, same), x});
    x = b.max_pool(at + "pool", b.relu(at + "relu2", y), {.kernel = 5, .stride = 2});
  }
  x = b.relu("relu1", b.fc("fc1", b.flatten("flatten", x), options.hidden, Init::he));
  return b.finish(b.fc("fc2", x, options.classes, Init::glorot));
}
std::vector<ParamInfo> options_cnn1d() { return params_info(Cnn1dOptions{}); }

}  // namespace

extern const Architecture zoo_cnn1d;
const Architecture zoo_cnn1d = {"cnn1d", "residual blocks of 1-D convolutions, for series such as heartbeats",
                                build_cnn1d, options_cnn1d, 53'957};

}  // namespace pare
