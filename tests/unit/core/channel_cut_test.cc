// Networks of ops that move elements, without half of their channels: in ONNX Runtime they equal those whose weights
// are zero there, since everything in them is linear or keeps zeros.
#include <gtest/gtest.h>

#include <functional>

#include "core/channels/channels.h"
#include "core/error.h"
#include "core/onnx/onnx.h"
#include "core/op_def.h"
#include "tests/support/graphs.h"
#include "tests/support/ort.h"

namespace pare {
namespace {

using namespace pare::testing;
using Ints = std::vector<int64_t>;

class Network {
 public:
  Network() : random_(7) {
    graph.symbols = {{1, "N"}, {2, "S"}};
    graph.next_symbol = 3;
  }
  // Inputs [N, 1, 2, 3] and [N, S, 1], as many channels as the weight makes of them.
  ValueId image(int64_t channels) { return times(input({Dim(1, 1), 1, 2, 3}, {2, 1, 2, 3}), {channels, 1, 1}); }
  ValueId tokens(int64_t channels) { return times(input({Dim(1, 1), Dim(1, 2), 1}, {2, 5, 1}), {channels}); }
  ValueId times(ValueId x, Shape shape) { return op(OpKind::mul, {x, weight(std::move(shape))}); }
  ValueId weight(Shape shape) { return constant(random_floats(std::move(shape), random_)); }
  ValueId constant(Tensor tensor) { return add_constant(graph, unique_name(graph, "c"), std::move(tensor)); }
  ValueId list(const Ints& values) { return constant(integers(values)); }
  ValueId op(OpKind kind, std::vector<ValueId> from, Attributes attributes = {}) {
    return append(graph, kind, unique_name(graph, "n"), std::move(from), std::move(attributes));
  }
  ValueId on_axis(OpKind kind, std::vector<ValueId> from, int64_t axis) {
    return op(kind, std::move(from), attributes({{"axis", axis}}));
  }
  ValueId reshape(ValueId x, const Ints& shape) { return op(OpKind::reshape, {x, list(shape)}); }
  ValueId transpose(ValueId x, const Ints& order) { return op(OpKind::transpose, {x}, attributes({{"perm", order}})); }
  // Shape entries of a value, as exporters look them up.
  ValueId size(ValueId x, int64_t axis) { return on_axis(OpKind::gather, {op(OpKind::shape, {x}), list({axis})}, 0); }
  std::vector<ValueId> split(std::vector<ValueId> from, size_t parts, int64_t axis) {
    Node node;
    node.name = unique_name(graph, "split");
    node.op = OpKind::split;
    node.type = "Split";
    node.inputs = std::move(from);
    node.attributes.set("axis", axis);
    std::vector<ValueId> outputs;
    for (size_t i = 0; i < parts; ++i) outputs.push_back(add_value(graph, unique_name(graph, "part"), DType::none));
    node.outputs = outputs;
    add_node(graph, std::move(node));
    infer_shapes(graph);
    return outputs;
  }
  // The output: a weighted sum over the axis, so that each channel and its place count.
  void give(ValueId x, int64_t axis) {
    infer_shapes(graph);
    Shape shape(graph.value(x).dims->size() - static_cast<size_t>(axis), 1);
    shape[0] = (*graph.value(x).dims)[static_cast<size_t>(axis)].factor;
    const ValueId y = op(OpKind::reduce_sum, {times(x, shape), list({axis})}, attributes({{"keepdims", int64_t{0}}}));
    graph.outputs.push_back(y);
  }

  Graph graph;
  std::vector<Tensor> inputs;

 private:
  ValueId input(Dims dims, Shape drawn) {
    inputs.push_back(random_floats(std::move(drawn), random_));
    return add_input(graph, unique_name(graph, "x"), DType::f32, std::move(dims));
  }
  Random random_;
};

struct Case {
  std::string name;
  std::function<void(Network&)> build;
};

std::vector<Case> cases() {
  using N = Network;
  std::vector<Case> all;
  const auto add = [&](const std::string& name, const std::function<void(N&)>& build) { all.push_back({name, build}); };
  add("flatten", [](N& n) { n.give(n.op(OpKind::flatten, {n.image(6)}), 1); });
  add("reshape_flattens", [](N& n) { n.give(n.reshape(n.image(6), {0, -1}), 1); });
  add("heads", [](N& n) {
    const ValueId x = n.transpose(n.reshape(n.tokens(12), {0, 0, 3, 4}), {0, 2, 1, 3});
    n.give(n.times(x, {3, 1, 4}), 1);
    n.give(n.reshape(n.transpose(x, {0, 2, 1, 3}), {0, -1, 12}), 2);
  });
  add("heads_of_computed_shapes", [](N& n) {
    const ValueId x = n.tokens(12), batch = n.size(x, 0), steps = n.size(x, 1);
    const ValueId heads = n.op(OpKind::reshape, {x, n.on_axis(OpKind::concat, {batch, steps, n.list({3, 4})}, 0)});
    const ValueId y = n.transpose(n.times(heads, {3, 4}), {0, 2, 1, 3});
    const ValueId back = n.on_axis(OpKind::concat, {batch, steps, n.list({12})}, 0);
    n.give(n.op(OpKind::reshape, {n.transpose(y, {0, 2, 1, 3}), back}), 2);
  });
  add("heads_beside_the_batch", [](N& n) {  // [S, N, 12] to [S, 3 N, 4]
    const ValueId x = n.transpose(n.tokens(12), {1, 0, 2});
    const ValueId heads = n.op(OpKind::mul, {n.size(x, 1), n.list({3})});
    const ValueId shape = n.on_axis(OpKind::concat, {n.size(x, 0), heads, n.list({4})}, 0);
    const ValueId y = n.transpose(n.op(OpKind::reshape, {x, shape}), {1, 0, 2});
    const ValueId back = n.on_axis(OpKind::concat, {n.size(x, 0), n.size(x, 1), n.list({12})}, 0);
    n.give(n.op(OpKind::reshape, {n.transpose(y, {1, 0, 2}), back}), 2);
  });
  add("shared_keys", [](N& n) {  // two heads of keys for six of queries
    const ValueId x = n.transpose(n.reshape(n.tokens(8), {0, 0, 2, 4}), {0, 2, 1, 3});
    const ValueId wide = n.op(OpKind::unsqueeze, {x, n.list({2})});
    const ValueId shape = n.on_axis(OpKind::concat, {n.size(x, 0), n.list({2, 3}), n.size(x, 2), n.list({4})}, 0);
    const ValueId repeated = n.op(OpKind::expand, {wide, shape});
    const ValueId back = n.on_axis(OpKind::concat, {n.size(x, 0), n.list({6}), n.size(x, 2), n.list({4})}, 0);
    n.give(n.times(n.op(OpKind::reshape, {repeated, back}), {6, 1, 4}), 1);
  });
  add("short_list_of_expand", [](N& n) {
    const ValueId x = n.reshape(n.image(6), {0, 6, 6, 1});
    n.give(n.op(OpKind::expand, {x, n.size(n.tokens(2), 1)}), 1);
  });
  add("open_dimension_of_a_computed_list", [](N& n) {  // [N, S, 8] to [-1, 2 N, 4]
    const ValueId x = n.tokens(8), heads = n.op(OpKind::mul, {n.size(x, 0), n.list({2})});
    n.give(n.op(OpKind::reshape, {x, n.on_axis(OpKind::concat, {n.list({-1}), heads, n.list({4})}, 0)}), 2);
  });
  add("squeeze_of_nothing", [](N& n) { n.give(n.op(OpKind::squeeze, {n.reshape(n.image(6), {2, 6, 2, 3})}), 1); });
  add("shape_of_what_is_cut", [](N& n) {  // the list changes, what it is for does not
    const ValueId x = n.tokens(6), y = n.tokens(6);
    n.give(x, 2);
    const ValueId shape = n.op(OpKind::shape, {x});
    n.graph.outputs.push_back(n.op(OpKind::reshape, {n.op(OpKind::softmax, {y}), shape}));
  });
  add("class_token", [](N& n) {
    const ValueId x = n.tokens(6);
    const ValueId token =
        n.op(OpKind::expand, {n.weight({1, 1, 6}), n.on_axis(OpKind::concat, {n.size(x, 0), n.list({1, 6})}, 0)});
    n.give(n.on_axis(OpKind::concat, {token, x}, 1), 2);
  });
  add("zeros_of_a_shape", [](N& n) {
    const ValueId x = n.tokens(6);
    const ValueId shape = n.on_axis(OpKind::concat, {n.size(x, 0), n.size(x, 1), n.list({6})}, 0);
    n.give(n.op(OpKind::add, {x, n.op(OpKind::constant_of_shape, {shape})}), 2);
  });
  add("slices", [](N& n) {
    const ValueId x = n.image(9);
    n.give(n.op(OpKind::slice, {x, n.list({-7}), n.list({8}), n.list({1})}), 1);
    n.give(n.op(OpKind::slice, {x, n.list({0, 1}), n.list({5, INT64_MAX}), n.list({1, 2})}), 1);
    n.give(n.op(OpKind::slice, {x, n.list({8}), n.list({-100}), n.list({1}), n.list({-1})}), 1);
  });
  add("slices_of_32_bits", [](N& n) {
    const auto list = [&](int32_t v) { return n.constant(Tensor::of<int32_t>({1}, std::vector<int32_t>{v})); };
    n.give(n.op(OpKind::slice, {n.image(9), list(2), list(INT32_MAX), list(1)}), 1);
  });
  add("split_evenly", [](N& n) {
    const std::vector<ValueId> parts = n.split({n.image(8)}, 2, 1);
    n.give(parts[1], 1);
    n.give(n.times(parts[0], {4, 1, 1}), 1);
  });
  add("split_by_sizes", [](N& n) {
    const std::vector<ValueId> parts = n.split({n.image(9), n.list({4, 2, 3})}, 3, -3);
    n.give(n.on_axis(OpKind::concat, {parts[2], parts[0]}, 1), 1);
    n.give(parts[1], 1);
  });
  add("concat", [](N& n) { n.give(n.on_axis(OpKind::concat, {n.image(4), n.image(6)}, -3), 1); });
  add("pad", [](N& n) {
    const ValueId shortcut = n.op(OpKind::pad, {n.image(4), n.list({0, 2, 0, 1, 0, 3, 1, 0})});
    n.give(n.op(OpKind::add, {shortcut, n.times(shortcut, {9, 1, 1})}), 1);
    n.give(n.op(OpKind::pad, {n.image(7), n.list({0, -2, 0, 0, 0, 1, 0, 0})}), 1);
  });
  add("gather", [](N& n) {
    const ValueId x = n.image(6);
    n.give(n.on_axis(OpKind::gather, {x, n.list({5, -6, 2, 2, -3})}, 1), 1);
    n.give(n.on_axis(OpKind::gather, {x, n.constant(Tensor::of<int64_t>({2, 1}, Ints{4, -2}))}, -3), 1);
    n.graph.outputs.push_back(n.on_axis(OpKind::gather, {x, n.constant(Tensor::scalar(int64_t{-1}))}, 1));
  });
  add("shuffle", [](N& n) {
    const ValueId x = n.reshape(n.image(8), {-1, 2, 4, 2, 3});
    n.give(n.reshape(n.transpose(x, {0, 2, 1, 3, 4}), {-1, 8, 2, 3}), 1);
  });
  add("tile", [](N& n) { n.give(n.op(OpKind::tile, {n.image(4), n.list({1, 3, 1, 2})}), 1); });
  add("depth_to_space", [](N& n) {
    n.give(n.op(OpKind::depth_to_space, {n.image(16)}, attributes({{"blocksize", int64_t{2}}})), 1);
    n.give(n.op(OpKind::depth_to_space, {n.image(16)},
                attributes({{"blocksize", int64_t{2}}, {"mode", std::string("CRD")}})),
           1);
  });
  add("space_to_depth", [](N& n) {
    const ValueId even = n.op(OpKind::slice, {n.image(4), n.list({0}), n.list({2}), n.list({3})});
    n.give(n.op(OpKind::space_to_depth, {even}, attributes({{"blocksize", int64_t{2}}})), 1);
  });
  add("resize", [](N& n) {
    const ValueId x = n.image(6);
    const ValueId sizes = n.on_axis(OpKind::concat, {n.size(x, 0), n.size(x, 1), n.list({4, 6})}, 0);
    n.give(n.op(OpKind::resize, {x, kNoValue, kNoValue, sizes}), 1);
    n.give(n.op(OpKind::resize, {x, kNoValue, n.constant(floats({4}, {1, 1, 2, 2}))}), 1);
  });
  add("squeeze", [](N& n) {  // without axes, and of two channels one goes
    const ValueId x = n.op(OpKind::reduce_sum, {n.image(2), n.list({0, 3})});
    n.give(n.op(OpKind::squeeze, {x}), 0);
  });
  add("sums", [](N& n) {
    const ValueId x = n.image(6);
    n.give(n.op(OpKind::cum_sum, {x, n.constant(Tensor::scalar(int64_t{1}))}), 1);
    n.graph.outputs.push_back(n.op(OpKind::reduce_l2, {x}, attributes({{"axes", Ints{1}}})));
  });
  return all;
}

// Every other channel of each group; the first stays.
std::vector<bool> half_of(const Channels& channels) {
  std::vector<bool> removed(channels.size(), false);
  for (const ChannelGroup& group : channels.groups()) {
    for (size_t i = 1; i < group.channels.size(); i += 2) removed[group.channels[i]] = true;
  }
  return removed;
}

void zero(Graph& graph, const ChannelPlace& place) {
  Tensor& tensor = *graph.value(place.value).constant;
  size_t inner = 1;
  for (size_t i = place.axis + 1; i < tensor.rank(); ++i) inner *= static_cast<size_t>(tensor.dim(i));
  const auto extent = static_cast<size_t>(tensor.dim(place.axis));
  const auto elements = tensor.edit<float>();
  for (size_t i = 0; i < elements.size(); ++i)
    if (i / inner % extent == place.index) elements[i] = 0;
}

TEST(ChannelCut, EqualsTheNetworkOfZeros) {
  PARE_NEED_ORT();
  OrtBatch ort;
  const std::vector<Case> all = cases();
  for (const Case& one : all) {
    SCOPED_TRACE(one.name);
    Network network;
    one.build(network);
    verify(network.graph);
    Graph graph = network.graph;
    expose_channels(graph);
    verify(graph);
    const Channels channels = Channels::find(graph, {.within = true});
    const std::vector<bool> removed = half_of(channels);
    EXPECT_NE(std::count(removed.begin(), removed.end(), true), 0);
    Graph masked = graph;
    for (ChannelId c = 0; c < channels.size(); ++c) {
      for (const ChannelPlace& place : channels.places(c))
        if (removed[c]) zero(masked, place);
    }
    Graph small = graph;
    EXPECT_NO_THROW(remove_channels(small, channels, removed));
    for (const Graph* g : {&network.graph, &graph, &masked, &small})
      ort.add_bytes(serialize_onnx(*g), named_inputs(*g, network.inputs));
  }
  const auto outcomes = ort.run();
  for (size_t c = 0; c < all.size(); ++c) {
    SCOPED_TRACE(all[c].name);
    for (size_t i = 0; i < 4; ++i) ASSERT_EQ(outcomes[4 * c + i].error, "") << i;
    const auto &before = outcomes[4 * c].outputs, &exposed = outcomes[4 * c + 1].outputs;
    const auto &masked = outcomes[4 * c + 2].outputs, &small = outcomes[4 * c + 3].outputs;
    bool counts = false;  // what is removed
    for (size_t k = 0; k < before.size(); ++k) {
      EXPECT_LT(difference(exposed.at(k), before[k]), 1e-6);
      counts = counts || difference(masked.at(k), before[k]) > 1e-3;
      EXPECT_LT(difference(small.at(k), masked[k]), 1e-5);
    }
    EXPECT_TRUE(counts);
  }
}

TEST(ChannelCut, GridsOfActivationsFollow) {
  Network n;
  const ValueId x = n.image(4);
  n.give(x, 1);
  Grid grid;
  grid.axis = 1;
  grid.scale = {0.1F, 0.2F, 0.3F, 0.4F};
  grid.zero_point = {1, 2, 3, 4};
  n.graph.value(x).activation_grid = grid;
  verify(n.graph);
  const Channels channels = Channels::find(n.graph);
  ASSERT_EQ(channels.size(), 4U);
  const std::string name = n.graph.value(x).name;
  remove_channels(n.graph, channels, {false, true, false, true});
  const Value& after = n.graph.value(n.graph.find_value(name));
  ASSERT_TRUE(after.activation_grid);
  EXPECT_EQ(after.activation_grid->scale, (std::vector<float>{0.1F, 0.3F}));
  EXPECT_EQ(after.activation_grid->zero_point, (std::vector<int32_t>{1, 3}));
}

TEST(ChannelCut, BlocksOfGridsOfActivationsStay) {
  Network n;
  const ValueId x = n.image(4);
  n.give(x, 1);
  Grid grid;
  grid.axis = 0;
  grid.block = 2;
  n.graph.value(x).activation_grid = grid;
  EXPECT_EQ(Channels::find(n.graph).size(), 0U);
}

TEST(ExposeChannels, MakesShufflesOfOneAxisAGather) {
  Network n;
  const ValueId x = n.reshape(n.image(8), {-1, 2, 4, 2, 3});
  n.give(n.reshape(n.transpose(x, {0, 2, 1, 3, 4}), {-1, 8, 2, 3}), 1);
  expose_channels(n.graph);
  EXPECT_EQ(count_ops(n.graph, OpKind::reshape), 0);
  ASSERT_EQ(count_ops(n.graph, OpKind::gather), 1);
  for (const Node& node : n.graph.nodes) {
    if (node.op != OpKind::gather) continue;
    EXPECT_EQ(*n.graph.constant_input(node, 1), integers({0, 4, 1, 5, 2, 6, 3, 7}));
    EXPECT_EQ(node.attributes.integer("axis", 0), 1);
  }
}

TEST(ExposeChannels, LeavesTransposesOfSeveralAxesAlone) {
  Network n;
  const ValueId x = n.reshape(n.tokens(12), {0, -1, 3, 4});
  n.give(n.transpose(x, {0, 2, 1, 3}), 1);
  const ValueId square = n.reshape(n.image(2), {-1, 2, 3, 2});  // the places move, the channels with them
  n.give(n.reshape(n.transpose(square, {0, 3, 2, 1}), {-1, 2, 2, 3}), 1);
  expose_channels(n.graph);
  EXPECT_EQ(count_ops(n.graph, OpKind::transpose), 2);
}

TEST(ExposeChannels, MakesKnownSizesConstants) {
  Network n;
  const ValueId x = n.tokens(6);
  const ValueId root = n.op(OpKind::cast, {n.size(x, 2)}, attributes({{"to", int64_t{1}}}));
  n.give(n.op(OpKind::div, {x, root}), 2);
  expose_channels(n.graph);
  EXPECT_EQ(count_ops(n.graph, OpKind::shape), 0);
  EXPECT_EQ(count_ops(n.graph, OpKind::cast), 0);
}

}  // namespace
}  // namespace pare
