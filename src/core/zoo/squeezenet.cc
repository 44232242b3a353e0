// SqueezeNet ("AlexNet-level accuracy with 50x fewer parameters", Iandola et al. 2016): fire modules squeeze to few
// maps with 1x1 convolutions and expand with 1x1 and 3x3 ones side by side. Version 1.1, of the authors' repository,
// pools earlier and computes 2.4 times less. Pools round up, as in Caffe.
#include "core/zoo/builder.h"
#include "core/zoo/zoo.h"

namespace pare {
namespace {

class Squeezenet {
 public:
  Squeezenet(std::string_view name, uint64_t seed, const ImageNetOptions& options)
      : options_(options), b_(name, seed, options) {}

  // The pools besides the first go before the fire modules `first_pool` and `second_pool`.
  Graph build(int64_t channels, int64_t kernel, int first_pool, int second_pool) {
    ValueId x = options_.small() ? b_.conv("conv1", b_.input(), channels, {.pad = 1})
                                 : b_.conv("conv1", b_.input(), channels, {.kernel = kernel, .stride = 2});
    x = b_.relu("relu1", x);
    if (!options_.small()) x = pool("pool1", x);
    for (int module = 2; module <= 9; ++module) {  // numbered as in the paper
      if (module == first_pool || module == second_pool) x = pool("pool" + std::to_string(module - 1), x);
      x = fire("fire" + std::to_string(module) + ".", x, 16 * (module / 2));
    }
    x = b_.conv("conv10", b_.dropout("dropout9", x, 0.5F), options_.classes, {.kernel = 1, .init = Init::small});
    return b_.finish(b_.global_pool("pool10", b_.relu("relu10", x)));
  }

 private:
  ValueId pool(const std::string& name, ValueId x) {
    return b_.max_pool(name, x, {.kernel = 3, .stride = 2, .ceil = true});
  }
  ValueId fire(const std::string& at, ValueId x, int64_t squeezed) {
    const int64_t expanded = 4 * squeezed;
    x = b_.relu(at + "squeeze_relu", b_.conv(at + "squeeze", x, squeezed, {.kernel = 1}));
    const ValueId narrow = b_.conv(at + "expand1x1", x, expanded, {.kernel = 1});
    const ValueId wide = b_.conv(at + "expand3x3", x, expanded, {.pad = 1});
    return b_.relu(at + "relu", b_.concat(at + "concat", {narrow, wide}));
  }

  ImageNetOptions options_;
  Builder b_;
};

Graph build_squeezenet1_0(const Param& params, uint64_t seed) {
  return Squeezenet("squeezenet1.0", seed, zoo_options<ImageNetOptions>(params)).build(96, 7, 5, 9);
}
Graph build_squeezenet1_1(const Param& params, uint64_t seed) {
  return Squeezenet("squeezenet1.1", seed, zoo_options<ImageNetOptions>(params)).build(64, 3, 4, 6);
}
std::vector<ParamInfo> options_squeezenet() { return params_info(ImageNetOptions{}); }

}  // namespace

extern const Architecture zoo_squeezenet1_0, zoo_squeezenet1_1;
const Architecture zoo_squeezenet1_0 = {"squeezenet1.0", "fire modules, no large layer (ImageNet by default)",
                                        build_squeezenet1_0, options_squeezenet, 1'248'424};
const Architecture zoo_squeezenet1_1 = {"squeezenet1.1", "SqueezeNet at 2.4 times less cost (ImageNet by default)",
                                        build_squeezenet1_1, options_squeezenet, 1'235'496};

}  // namespace pare
