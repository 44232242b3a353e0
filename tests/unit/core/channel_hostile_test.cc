// Graphs that pass shape inference and mean harm, or that nobody would write: channels are found, removed or left alone
// in bounded time and memory, and what nothing is known of stays.
#include <gtest/gtest.h>

#include <functional>

#include "core/channels/channels.h"
#include "core/channels/ties.h"
#include "core/error.h"
#include "core/op_def.h"
#include "tests/support/graphs.h"

namespace pare {
namespace {

using namespace pare::testing;
using Ints = std::vector<int64_t>;
const Dim kN(1, 1), kS(1, 2), kC(1, 3);

class Hostile {
 public:
  Hostile() : random_(3) {
    graph.symbols = {{1, "N"}, {2, "S"}, {3, "C"}};
    graph.next_symbol = 4;
  }
  ValueId input(Dims dims, DType dtype = DType::f32) {
    return add_input(graph, unique_name(graph, "x"), dtype, std::move(dims));
  }
  ValueId weight(Shape shape) {
    return add_constant(graph, unique_name(graph, "w"), random_floats(std::move(shape), random_));
  }
  ValueId list(const Ints& values) { return add_constant(graph, unique_name(graph, "i"), integers(values)); }
  ValueId tensor(Shape shape, const Ints& values) {
    return add_constant(graph, unique_name(graph, "i"), Tensor::of<int64_t>(std::move(shape), values));
  }
  ValueId op(OpKind kind, std::vector<ValueId> from, Attributes attributes = {}) {
    return append(graph, kind, unique_name(graph, "n"), std::move(from), std::move(attributes));
  }
  ValueId on(const char* attribute, int64_t number, OpKind kind, std::vector<ValueId> from) {
    return op(kind, std::move(from), attributes({{attribute, number}}));
  }
  // A node whose file says the dims of its outputs.
  std::vector<ValueId> node(OpKind kind, std::vector<ValueId> from, std::vector<std::optional<Dims>> dims,
                            Attributes attributes = {}, DType dtype = DType::f32) {
    Node node;
    node.name = unique_name(graph, "node");
    node.op = kind;
    node.type = kind == OpKind::unknown ? "Mystery" : std::string(onnx_name(kind));
    node.domain = kind == OpKind::unknown ? "strange" : "";
    node.inputs = std::move(from);
    node.attributes = std::move(attributes);
    for (const std::optional<Dims>& d : dims)
      node.outputs.push_back(add_value(graph, unique_name(graph, "y"), dtype, d));
    const std::vector<ValueId> outputs = node.outputs;
    add_node(graph, std::move(node));
    infer_shapes(graph);
    return outputs;
  }
  ValueId strange(ValueId x, std::optional<Dims> dims, DType dtype = DType::f32) {
    return node(OpKind::unknown, {x}, {std::move(dims)}, {}, dtype)[0];
  }
  ValueId sum(ValueId v) { return op(OpKind::reduce_sum, {v}, attributes({{"keepdims", int64_t{0}}})); }
  // A layer of four channels beside all this.
  void give(const std::vector<ValueId>& outputs) {
    const ValueId x = input({2, 3});
    graph.outputs = outputs;
    graph.outputs.push_back(op(OpKind::matmul, {op(OpKind::matmul, {x, weight({3, 4})}), weight({4, 2})}));
    infer_shapes(graph);
    verify(graph);
  }
  // All but one channel of each group go. Returns how many.
  int64_t remove() {
    expose_channels(graph);
    const Channels channels = Channels::find(graph, {.within = true});
    std::vector<bool> removed(channels.size(), false);
    for (const ChannelGroup& group : channels.groups())
      for (size_t i = 1; i < group.channels.size(); ++i) removed[group.channels[i]] = true;
    channels.spare_axes(removed);
    remove_channels(graph, channels, removed);
    verify(graph);
    return std::count(removed.begin(), removed.end(), true);
  }

  Graph graph;

 private:
  Random random_;
};

struct Case {
  std::string name;
  std::function<void(Hostile&)> build;
};

std::vector<Case> cases() {
  using H = Hostile;
  constexpr int64_t kHuge = int64_t{1} << 20;
  std::vector<Case> all;
  const auto add = [&](const std::string& name, const std::function<void(H&)>& build) { all.push_back({name, build}); };
  // Lists that shape inference does not look into.
  add("gather_far", [](H& h) {
    h.give({h.on("axis", 2, OpKind::gather, {h.input({1, 4, 8}), h.tensor({1, 1}, {1000000000})})});
  });
  add("gather_far_list", [](H& h) {
    h.give({h.on("axis", 2, OpKind::gather, {h.input({1, 4, 8}), h.list(Ints(65, 99999999))})});
  });
  add("gather_before", [](H& h) {
    h.give({h.on("axis", 1, OpKind::gather, {h.input({1, 4}), h.tensor({1, 1}, {-5})})});
  });
  add("slice_far_axis", [](H& h) {
    h.give({h.op(OpKind::slice,
                 {h.input({4, 4}), h.tensor({1, 1}, {0}), h.tensor({1, 1}, {1}), h.tensor({1, 1}, {1000000000})})});
  });
  add("slice_step_of_zero", [](H& h) {
    h.give({h.op(OpKind::slice, {h.input({4, 4}), h.list({3}), h.list({0}), h.list({0}), h.tensor({1, 1}, {0})})});
  });
  add("slice_more_axes", [](H& h) {
    h.give({h.op(OpKind::slice, {h.input({4, 4}), h.list({3}), h.list({0}), h.tensor({1, 3}, {0, 1, 1})})});
  });
  add("reduce_square_axes", [](H& h) {
    h.give(h.node(OpKind::reduce_sum, {h.input({4, 4}), h.tensor({1, 1}, {1})}, {Dims{}},
                  attributes({{"keepdims", int64_t{0}}})));
  });
  add("split_negative", [](H& h) {
    Ints sizes(65, 0);
    sizes[0] = -5, sizes[1] = 13;
    h.give(h.node(OpKind::split, {h.input({1, 8}), h.list(sizes)}, std::vector<std::optional<Dims>>(65),
                  attributes({{"axis", int64_t{1}}})));
  });
  add("split_overflow", [](H& h) {
    Ints sizes(66, 0);
    sizes[0] = sizes[1] = INT64_MAX, sizes[2] = 10;
    h.give(h.node(OpKind::split, {h.input({1, 8}), h.list(sizes)}, std::vector<std::optional<Dims>>(66),
                  attributes({{"axis", int64_t{1}}})));
  });
  add("gather_nd_scalar", [](H& h) {
    h.give(h.node(OpKind::gather_nd, {h.input({4, 4}), h.tensor({}, {0})}, {Dims{4}}));
  });
  add("scatter_nd_scalar", [](H& h) {
    h.give({h.op(OpKind::scatter_nd, {h.input({4, 4}), h.tensor({}, {0}), h.input({4})})});
  });
  add("scatter_nd_short", [](H& h) {
    h.give({h.op(OpKind::scatter_nd, {h.input({4, 4}), h.tensor({1, 1}, {0}), h.input({})})});
  });
  add("scatter_nd_deep", [](H& h) {
    h.give({h.op(OpKind::scatter_nd, {h.input({4, 4}), h.tensor({1, 5}, {0, 0, 0, 0, 0}), h.input({4})})});
  });
  add("scatter_scalar", [](H& h) {
    h.give({h.op(OpKind::scatter_elements, {h.input({4, 4}), h.tensor({}, {0}), h.input({})})});
  });
  add("pad_extremes", [](H& h) {
    const ValueId x = h.op(OpKind::matmul, {h.input({1, 8}), h.weight({8, 4})});
    h.give(h.node(OpKind::pad, {x, h.list({0, INT64_MIN, 0, INT64_MAX})}, {std::nullopt}));
  });
  add("pad_square", [](H& h) {
    const ValueId x = h.op(OpKind::matmul, {h.input({1, 8}), h.weight({8, 4})});
    h.give({h.sum(h.op(OpKind::pad, {x, h.tensor({1, 4}, {0, 0, 0, 2})}))});
  });
  add("pad_crops_all", [](H& h) {
    const ValueId x = h.op(OpKind::matmul, {h.input({1, 8}), h.weight({8, 4})});
    h.give({h.op(OpKind::matmul, {h.op(OpKind::pad, {x, h.list({0, -6, 0, 8})}), h.weight({6, 2})})});
  });
  add("shape_entry_before", [](H& h) {
    h.give({h.op(OpKind::gather, {h.op(OpKind::shape, {h.input({kN, 8})}), h.tensor({1, 1}, {-100000000})})});
  });
  add("expand_to_less", [](H& h) {
    const ValueId x = h.input({2, 3, 4});
    h.give(h.node(OpKind::expand, {x, h.strange(x, Dims{kC}, DType::i64)}, {Dims{4}}));
  });
  // Counts that come from attributes.
  add("blocks_of_unknown_channels", [=](H& h) {
    h.give({h.on("blocksize", kHuge, OpKind::depth_to_space, {h.input({1, kC, 4, 4})})});
  });
  add("blocks_of_no_channels", [=](H& h) {
    h.give({h.on("blocksize", kHuge, OpKind::space_to_depth, {h.input({1, 0, kN, kS})})});
  });
  add("groups_of_no_filters", [](H& h) {
    h.give({h.on("group", int64_t{1} << 40, OpKind::conv, {h.input({1, kC, 4, 4}), h.weight({0, 1, 1, 1})})});
  });
  add("groups_of_no_inputs", [](H& h) {
    h.give({h.on("group", int64_t{1} << 40, OpKind::conv_transpose, {h.input({1, kC, 4, 4}), h.weight({0, 1, 1, 1})})});
  });
  add("groups_of_a_norm", [](H& h) {
    h.give({h.on("num_groups", int64_t{1} << 40, OpKind::group_normalization,
                 {h.input({1, 0, 4, 4}), h.weight({0}), h.weight({0})})});
  });
  add("large_shuffle", [=](H& h) {
    const ValueId r = h.op(OpKind::reshape, {h.input({1, kHuge * kHuge}), h.list({1, kHuge, kHuge})});
    const ValueId t = h.op(OpKind::transpose, {r}, attributes({{"perm", Ints{0, 2, 1}}}));
    h.give({h.op(OpKind::reshape, {t, h.list({1, kHuge * kHuge})})});
  });
  // Ways that join again and again.
  add("parts_of_parts", [](H& h) {
    const ValueId factor = h.input({});
    ValueId before = h.op(OpKind::mul, {h.weight({4}), factor}), total = h.sum(before);
    for (int i = 0; i < 40; ++i) {
      const ValueId v = h.op(OpKind::mul, {h.weight({4}), factor}), r = h.op(OpKind::reshape, {v, h.list({2, 2})});
      const ValueId half = h.op(OpKind::slice, {before, h.list({0}), h.list({2})});
      ValueId a = h.op(OpKind::add, {r, h.op(OpKind::unsqueeze, {half, h.list({0})})});
      a = h.op(OpKind::add, {a, h.op(OpKind::unsqueeze, {half, h.list({1})})});
      total = h.op(OpKind::add, {total, h.sum(a)});
      before = v;
    }
    h.give({total});
  });
  add("lists_of_lists", [](H& h) {
    const ValueId x = h.input({kN, kS});
    ValueId s = h.op(OpKind::shape, {x});
    for (int i = 0; i < 40; ++i) {
      const ValueId p = h.op(OpKind::slice, {s, h.list({0}), h.list({1})}),
                    q = h.op(OpKind::slice, {s, h.list({1}), h.list({2})});
      s = h.on("axis", 0, OpKind::concat, {p, q});
    }
    h.give({h.op(OpKind::reshape, {x, s})});
  });
  // Nothing is known of a value, and it is none of the others' business.
  add("gather_of_unknown_rank", [](H& h) {
    const ValueId x = h.input({kN, 8});
    h.give(
        h.node(OpKind::gather, {h.strange(x, {}), h.list({0, 1})}, {std::nullopt}, attributes({{"axis", int64_t{1}}})));
  });
  for (const int64_t axis : {1, -1}) {
    add(fmt::format("split_of_unknown_rank_at_{}", axis), [axis](H& h) {
      const ValueId x = h.input({kN, 8});
      h.give(h.node(OpKind::split, {h.strange(x, {}), h.list({1, 2})}, {std::nullopt, std::nullopt},
                    attributes({{"axis", axis}})));
    });
  }
  add("shape_list_of_unknown_rank", [](H& h) {
    const ValueId x = h.input({kN, 8});
    h.give(h.node(OpKind::reshape, {x, h.strange(x, {}, DType::i64)}, {Dims{kS, 2, kC}}));
  });
  return all;
}

TEST(HostileChannels, HarmNobody) {
  for (const Case& one : cases()) {
    SCOPED_TRACE(one.name);
    Hostile h;
    try {
      one.build(h);
    } catch (const Error& e) {
      ADD_FAILURE() << "does not get as far as channels: " << e.what();
      continue;
    }
    try {
      EXPECT_GE(h.remove(), 3);
    } catch (const Error& e) {
      ADD_FAILURE() << e.what();
    }
  }
}

TEST(HostileChannels, LongChainsTakeNoLongerPerNode) {
  Hostile h;
  ValueId x = h.input({2, 6});
  for (int i = 0; i < 3000; ++i) {
    Node node;
    node.name = "reshape" + std::to_string(i);
    node.op = OpKind::reshape;
    node.type = "Reshape";
    node.inputs = {x, add_constant(h.graph, node.name + ".to", integers(i % 2 ? Ints{2, 6} : Ints{3, 4}))};
    node.outputs = {x = add_value(h.graph, node.name + ".y", DType::none)};
    add_node(h.graph, std::move(node));
  }
  h.give({x});
  EXPECT_EQ(h.remove(), 3);
}

TEST(HostileChannels, MoreIndicesThanFitHaveNoIds) {
  Graph graph;
  const ValueId x = add_input(graph, "x", DType::f32, Dims(3, Dim(kMostIndices)));
  const ValueId y = add_input(graph, "y", DType::f32, Dims(6, Dim(kMostIndices)));
  const ValueId z = add_input(graph, "z", DType::f32, {8});
  const ValueId large = add_input(graph, "large", DType::f32, {Dim(kMostIndices + 1)});
  ChannelTies ties(graph);
  EXPECT_TRUE(ties.known(x));
  EXPECT_FALSE(ties.known(y));
  EXPECT_TRUE(ties.axis(y, 0).empty());
  EXPECT_TRUE(ties.known(z));
  EXPECT_FALSE(ties.known(large));
  EXPECT_TRUE(ties.fresh(static_cast<size_t>(kMostIndices) + 1).empty());
}

TEST(HostileChannels, WhatHasNoIdsIsReported) {
  Hostile h;
  const ValueId x = h.op(OpKind::matmul, {h.input({kN, 8}), h.weight({8, 6})});
  const ValueId wide = h.op(OpKind::expand, {x, h.list({kMostIndices + 1, 1, 1})});
  h.give({h.sum(wide)});
  EXPECT_EQ(h.remove(), 3);
  const Channels channels = Channels::find(h.graph);
  ASSERT_EQ(channels.held_back().size(), 1U);
  EXPECT_EQ(channels.held_back()[0].channels, 6);
  EXPECT_NE(channels.held_back()[0].reason.find("too large"), std::string::npos) << channels.held_back()[0].reason;
}

// An op of its own behind a Reshape: heads and elements stay, and so do the outputs of the layer that has them both.
TEST(HostileChannels, WhatIsHeldBackThroughAReshapeIsReported) {
  Hostile h;
  const ValueId x = h.op(OpKind::matmul, {h.input({kN, 8}), h.weight({8, 12})});
  const ValueId y = h.strange(h.op(OpKind::reshape, {x, h.list({-1, 4, 3})}), Dims{kN, 4, 3});
  h.give({h.op(OpKind::matmul, {h.op(OpKind::reshape, {y, h.list({-1, 12})}), h.weight({12, 2})})});
  const Channels channels = Channels::find(h.graph);
  ASSERT_EQ(channels.held_back().size(), 1U);
  EXPECT_NE(channels.held_back()[0].node.find("Mystery"), std::string::npos);
  EXPECT_EQ(channels.held_back()[0].channels, 12);
}

}  // namespace
}  // namespace pare
