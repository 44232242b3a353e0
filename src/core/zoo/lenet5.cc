// LeNet-5 of "Gradient-based learning applied to document recognition" (LeCun, Bottou, Bengio, Haffner 1998), as it is
// built today by default (average pooling, every map connected, a linear layer for the outputs: 61,706 parameters),
// and as published with `connection_table: true, pooling: subsampling, activation: scaled_tanh` (60,000 parameters up
// to F6; the published Gaussian outputs, whose 840 parameters were fixed, are a linear layer of 850 here).
#include <array>

#include "core/zoo/builder.h"
#include "core/zoo/zoo.h"

namespace pare {
namespace {

struct Lenet5Options : ImageOptions {
  bool connection_table = false;
  std::string activation = "tanh", pooling = "average";
  void visit(ParamVisitor& v) {
    ImageOptions::visit(v);
    v.field("connection_table", connection_table,
            "connect the 16 maps of the second convolution to 3, 4 or 6 maps each, as published");
    v.field("activation", activation, "what follows convolutions and hidden layers",
            {"tanh", "scaled_tanh", "relu", "sigmoid"});
    v.field("pooling", pooling, "subsampling has a trained scale and offset per map",
            {"average", "max", "subsampling"});
  }
};

// Maps of S2 that each map of C3 sees (table I of the paper): six runs of three maps, six runs of four, three broken
// fours. The last map sees all six.
constexpr std::array<std::array<int64_t, 3>, 6> kThrees = {
    {{0, 1, 2}, {1, 2, 3}, {2, 3, 4}, {3, 4, 5}, {4, 5, 0}, {5, 0, 1}}};
constexpr std::array<std::array<int64_t, 4>, 9> kFours = {{{0, 1, 2, 3},
                                                           {1, 2, 3, 4},
                                                           {2, 3, 4, 5},
                                                           {3, 4, 5, 0},
                                                           {4, 5, 0, 1},
                                                           {5, 0, 1, 2},
                                                           {0, 1, 3, 4},
                                                           {1, 2, 4, 5},
                                                           {0, 2, 3, 5}}};

class Lenet5 {
 public:
  Lenet5(const Lenet5Options& options, uint64_t seed) : options_(options), b_("lenet5", seed, options) {}

  Graph build() {
    // 28 x 28 images are padded to the 32 x 32 of the paper, in which strokes keep clear of the border.
    const int64_t pad = options_.size == 28 ? 2 : 0;
    ValueId x = activate("act1", b_.conv("conv1", b_.input(), 6, {.kernel = 5, .pad = pad, .init = Init::lecun}));
    x = pool("pool1", x);
    x = activate("act2", options_.connection_table ? table_conv(x)
                                                   : b_.conv("conv2", x, 16, {.kernel = 5, .init = Init::lecun}));
    x = b_.flatten("flatten", pool("pool2", x));
    x = activate("act3", b_.fc("fc1", x, 120, Init::lecun));
    x = activate("act4", b_.fc("fc2", x, 84, Init::lecun));
    return b_.finish(b_.fc("fc3", x, options_.classes, Init::lecun));
  }

 private:
  ValueId activate(const std::string& name, ValueId x) {
    if (options_.activation == "relu") return b_.relu(name, x);
    if (options_.activation == "sigmoid") return b_.apply(OpKind::sigmoid, name, {x});
    if (options_.activation == "tanh") return b_.apply(OpKind::tanh, name, {x});
    // 1.7159 tanh(2/3 x): f(+-1) = +-1, with the largest second derivative there (appendix A of the paper).
    x = b_.apply(OpKind::mul, name + ".in", {x, b_.constant(name + ".slope", Tensor::scalar(2.0F / 3.0F))});
    x = b_.apply(OpKind::tanh, name + ".tanh", {x});
    return b_.apply(OpKind::mul, name, {x, b_.constant(name + ".amplitude", Tensor::scalar(1.7159F))});
  }

  ValueId pool(const std::string& name, ValueId x) {
    if (options_.pooling == "max") return b_.max_pool(name, x);
    const bool plain = options_.pooling == "average";
    x = b_.average_pool(plain ? name : name + ".average", x);
    if (plain) return x;
    const Shape per_map = {1, b_.channels(x), 1, 1};
    x = b_.apply(OpKind::mul, name + ".scaled", {x, b_.parameter(name + ".weight", per_map, 1)});
    x = b_.apply(OpKind::add, name + ".shifted", {x, b_.parameter(name + ".bias", per_map, 0)});
    return activate(name, x);
  }

  // The table as three convolutions: groups of three maps, groups of four, all six. Structure, not a mask, so that it
  // survives any file format and any training.
  ValueId table_conv(ValueId x) {
    const ValueId threes = grouped("conv2a", x, kThrees);
    const ValueId fours = grouped("conv2b", x, kFours);
    const ValueId all = b_.conv("conv2c", x, 1, {.kernel = 5, .init = Init::lecun});
    return b_.concat("conv2", {threes, fours, all});
  }

  template <size_t width, size_t count>
  ValueId grouped(const std::string& name, ValueId x, const std::array<std::array<int64_t, width>, count>& table) {
    std::vector<int64_t> maps;
    for (const auto& row : table) maps.insert(maps.end(), row.begin(), row.end());
    const ValueId indices = b_.integers(name + ".maps", maps);
    Attributes axis;
    axis.set("axis", int64_t{1});
    x = b_.apply(OpKind::gather, name + ".gather", {x, indices}, axis);
    return b_.conv(name, x, static_cast<int64_t>(count),
                   {.kernel = 5, .group = static_cast<int64_t>(count), .init = Init::lecun});
  }

  Lenet5Options options_;
  Builder b_;
};

Graph build_lenet5(const Param& params, uint64_t seed) {
  return Lenet5(zoo_options<Lenet5Options>(params), seed).build();
}
std::vector<ParamInfo> options_lenet5() { return params_info(Lenet5Options{}); }

}  // namespace

extern const Architecture zoo_lenet5;
const Architecture zoo_lenet5 = {"lenet5",
                                 "LeNet-5 of 1998: average pooling and tanh, the connection table optional, for MNIST",
                                 build_lenet5, options_lenet5, 61'706};

}  // namespace pare
