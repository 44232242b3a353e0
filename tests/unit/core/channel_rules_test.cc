// What the ops that move elements or compute them one by one say of channels: which indices go together, which stay,
// and how sizes and places follow when channels go.
#include <gtest/gtest.h>

#include "core/channels/channels.h"
#include "core/channels/ties.h"
#include "core/op_def.h"
#include "tests/support/graphs.h"

namespace pare {
namespace {

using namespace pare::testing;
using Ints = std::vector<int64_t>;
const Dim kN(1, 1), kS(1, 2);

// A graph of a few nodes, and what their rules say.
class Rules {
 public:
  Rules() {
    graph.symbols = {{1, "N"}, {2, "S"}};
    graph.next_symbol = 3;
  }
  ValueId input(Dims dims, DType dtype = DType::f32) {
    return add_input(graph, unique_name(graph, "x"), dtype, std::move(dims));
  }
  ValueId list(const Ints& values) { return constant(integers(values)); }
  ValueId constant(Tensor tensor) { return add_constant(graph, unique_name(graph, "c"), std::move(tensor)); }
  ValueId weight(Shape shape) {
    Random random(1);
    return constant(random_floats(std::move(shape), random));
  }
  ValueId op(OpKind kind, std::vector<ValueId> inputs, Attributes attributes = {}) {
    return append(graph, kind, unique_name(graph, "n"), std::move(inputs), std::move(attributes));
  }
  std::vector<ValueId> split(std::vector<ValueId> inputs, size_t parts, int64_t axis) {
    Node node;
    node.name = "split";
    node.op = OpKind::split;
    node.type = "Split";
    node.inputs = std::move(inputs);
    node.attributes.set("axis", axis);
    for (size_t i = 0; i < parts; ++i)
      node.outputs.push_back(add_value(graph, "part" + std::to_string(i), DType::none));
    const std::vector<ValueId> outputs = node.outputs;
    add_node(graph, std::move(node));
    infer_shapes(graph);
    return outputs;
  }

  // For each index of an axis of `to`, the one of `from` that it goes with: -1 for none, -2 where it stays.
  static constexpr int64_t kFree = -1, kStays = -2;
  Ints of(ValueId to, int64_t to_axis, ValueId from, int64_t from_axis) {
    const ChannelTies& t = ties();
    Ints result;
    const IndexRange a = t.axis(to, to_axis), b = t.axis(from, from_axis);
    for (size_t i = 0; i < a.count; ++i) {
      int64_t found = t.pinned(a[i]) ? kStays : kFree;
      for (size_t k = 0; found == kFree && k < b.count; ++k)
        if (t.find(a[i]) == t.find(b[k])) found = static_cast<int64_t>(k);
      result.push_back(found);
    }
    return result;
  }
  bool together(ValueId a, int64_t i, ValueId b, int64_t k) {
    Ints all;
    for (int64_t n = 0; n < static_cast<int64_t>(ties().axis(a, i).count); ++n) all.push_back(n);
    return of(a, i, b, k) == all;
  }
  bool stays(ValueId v, int64_t axis) { return every(v, axis, true); }
  bool is_free(ValueId v, int64_t axis) { return every(v, axis, false); }
  // Numbers of the parts of an index that are among these axes: "which index of which".
  std::vector<IndexId> parts(ValueId v, int64_t axis, size_t index) {
    std::vector<IndexId> result;
    ties().parts(ties().axis(v, axis)[index], result);
    return result;
  }
  IndexId id(ValueId v, int64_t axis, size_t index) { return ties().find(ties().axis(v, axis)[index]); }
  void pin(ValueId v, int64_t axis) { pins_.emplace_back(v, axis); }

  Graph graph;

 private:
  const ChannelTies& ties() {
    if (ties_ && walked_ == graph.values.size()) return *ties_;
    infer_shapes(graph);
    ties_.emplace(graph);
    walked_ = graph.values.size();  // the graph may grow between two questions
    for (int walk = 0; walk < 2; ++walk) {
      if (walk == 1) ties_->walk_again();
      for (const auto& [v, axis] : pins_) ties_->pin_axis(v, axis);
      for (NodeId n = 0; n < static_cast<NodeId>(graph.nodes.size()); ++n) {
        ties_->at(n);
        op_def(graph.node(n).op)->tie(*ties_, graph.node(n));
      }
    }
    return *ties_;
  }
  bool every(ValueId v, int64_t axis, bool pinned) {
    const IndexRange range = ties().axis(v, axis);
    for (size_t i = 0; i < range.count; ++i)
      if (ties().pinned(range[i]) != pinned) return false;
    return true;
  }
  std::optional<ChannelTies> ties_;
  size_t walked_ = 0;
  std::vector<std::pair<ValueId, int64_t>> pins_;
};

Attributes axis(int64_t axis) { return attributes({{"axis", axis}}); }

TEST(ChannelRules, EveryOpThatMovesOrComputesElementsHasOne) {
  for (const OpKind op : {OpKind::relu, OpKind::add, OpKind::where, OpKind::cast_like, OpKind::reshape, OpKind::concat,
                          OpKind::scatter_nd, OpKind::reduce_mean, OpKind::resize, OpKind::unique}) {
    EXPECT_NE(op_def(op)->tie, nullptr) << op_def(op)->name;
  }
}

TEST(ChannelRules, ElementwiseOpsTieWhatIsNotBroadcast) {
  Rules r;
  const ValueId x = r.input({kN, 4, 5}), bias = r.weight({4, 1});
  const ValueId y = r.op(OpKind::add, {x, bias});
  EXPECT_TRUE(r.together(y, 1, x, 1));
  EXPECT_TRUE(r.together(y, 1, bias, 0));
  EXPECT_TRUE(r.together(y, 2, x, 2));
  EXPECT_TRUE(r.stays(bias, 1));
  EXPECT_TRUE(r.is_free(y, 2));
}

TEST(ChannelRules, ASymbolAgainstASizeMayBeBroadcastAndStays) {
  Rules r;
  const ValueId x = r.input({kN, 4}), y = r.input({kS, 4});
  const ValueId z = r.op(OpKind::mul, {x, y});
  EXPECT_TRUE(r.stays(z, 0));
  EXPECT_TRUE(r.together(z, 1, x, 1));
  const ValueId w = r.op(OpKind::mul, {r.input({kS}), y});
  EXPECT_TRUE(r.stays(w, 1));
}

TEST(ChannelRules, WhatHasNoShapeMakesEverythingStay) {
  Rules r;
  const ValueId x = r.input({kN, 4}), y = add_value(r.graph, "y", DType::f32);
  r.graph.inputs.push_back(y);
  r.op(OpKind::mul, {x, y});
  EXPECT_TRUE(r.stays(x, 1));
}

TEST(ChannelRules, ScalesOfLevelsGoWithTheirAxis) {
  Rules r;
  const ValueId x = r.input({kN, 3, 5}), scale = r.weight({3});
  const ValueId zero = r.constant(Tensor::of<uint8_t>({3}, std::vector<uint8_t>{1, 2, 3}));
  const ValueId y = r.op(OpKind::quantize_linear, {x, scale, zero}, axis(-2));
  EXPECT_TRUE(r.together(y, 1, scale, 0));
  EXPECT_TRUE(r.together(y, 1, zero, 0));
  EXPECT_TRUE(r.together(y, 2, x, 2));
}

TEST(ChannelRules, FlattenMakesChannelsAndPlacesParts) {
  Rules r;
  const ValueId x = r.input({kN, 3, 2, 2});
  r.pin(x, 2);
  r.pin(x, 3);
  const ValueId y = r.op(OpKind::flatten, {x});
  for (size_t i = 0; i < 12; ++i) EXPECT_EQ(r.parts(y, 1, i), std::vector<IndexId>{r.id(x, 1, i / 4)});
}

TEST(ChannelRules, ReshapeFindsHeadsAndTheirElements) {
  Rules r;
  const ValueId x = r.input({kN, 7, 12});
  const ValueId y = r.op(OpKind::reshape, {x, r.list({0, 7, 3, 4})});
  const ValueId z = r.op(OpKind::transpose, {y}, attributes({{"perm", Ints{0, 2, 1, 3}}}));
  EXPECT_TRUE(r.together(z, 2, x, 1));
  for (size_t i = 0; i < 12; ++i)
    EXPECT_EQ(r.parts(x, 2, i), (std::vector<IndexId>{r.id(z, 1, i / 4), r.id(z, 3, i % 4)}));
}

TEST(ChannelRules, ReshapeFindsHeadsBesideASymbol) {
  // As torch's multi-head attention has it: [L, N, 12] to [L, 3 N, 4].
  Rules r;
  const ValueId x = r.input({7, kN, 12});
  const ValueId y = r.op(OpKind::reshape, {x, r.list({7, -1, 4})});
  ASSERT_EQ(*r.graph.value(y).dims, (Dims{7, Dim(3, 1), 4}));
  EXPECT_TRUE(r.together(y, 0, x, 0));
  for (size_t i = 0; i < 12; ++i)
    EXPECT_EQ(r.parts(x, 2, i), (std::vector<IndexId>{r.id(y, 1, i / 4), r.id(y, 2, i % 4)}));
  EXPECT_TRUE(r.stays(x, 1));
}

TEST(ChannelRules, ReshapeOfASymbolWithinADimensionStays) {
  Rules r;
  const ValueId x = r.input({4, kN, 6});
  const ValueId y = r.op(OpKind::reshape, {x, r.list({-1, 6})});
  EXPECT_TRUE(r.stays(x, 0));
  EXPECT_TRUE(r.stays(y, 0));
  EXPECT_TRUE(r.together(y, 1, x, 2));
}

TEST(ChannelRules, ReshapeAcrossDigitsThatDoNotFitStays) {
  Rules r;
  const ValueId x = r.input({kN, 4, 6, 5});
  const ValueId y = r.op(OpKind::reshape, {x, r.list({0, 6, 4, 5})});
  EXPECT_TRUE(r.stays(x, 1));
  EXPECT_TRUE(r.stays(y, 2));
  EXPECT_TRUE(r.together(y, 3, x, 3));
}

TEST(ChannelRules, ReshapeFindsHeadsBesideAMultipleOfASymbol) {
  // The way back: [7, 3 N, 4] to [7 N, 12]; of the first, 7 is the slower part.
  Rules r;
  const ValueId x = r.op(OpKind::reshape, {r.input({7, kN, 12}), r.list({7, -1, 4})});
  const ValueId y = r.op(OpKind::reshape, {x, r.list({-1, 12})});
  ASSERT_EQ(*r.graph.value(y).dims, (Dims{Dim(7, 1), 12}));
  EXPECT_TRUE(r.stays(x, 0));
  EXPECT_TRUE(r.stays(y, 0));
  for (size_t i = 0; i < 12; ++i)
    EXPECT_EQ(r.parts(y, 1, i), (std::vector<IndexId>{r.id(x, 1, i / 4), r.id(x, 2, i % 4)}));
}

TEST(ChannelRules, ReshapeWithAnUnknownMiddleTiesBothEnds) {
  Rules r;
  const ValueId x = r.input({kN, 8, kS, 5});
  const ValueId shape = r.input({4}, DType::i64);
  const ValueId parts = r.op(
      OpKind::concat, {r.list({0, 8}), r.op(OpKind::slice, {shape, r.list({2}), r.list({3})}), r.list({5})}, axis(0));
  const ValueId y = r.op(OpKind::reshape, {x, parts});
  if (r.graph.value(y).dims->at(1) == Dim(8)) {
    EXPECT_TRUE(r.together(y, 1, x, 1));
    EXPECT_TRUE(r.together(y, 3, x, 3));
  }
  EXPECT_TRUE(r.stays(y, 2));
}

TEST(ChannelRules, SqueezeAndUnsqueezePassAxesOn) {
  Rules r;
  const ValueId x = r.input({kN, 4, 1, 1});
  const ValueId y = r.op(OpKind::squeeze, {x, r.list({2, 3})});
  const ValueId z = r.op(OpKind::unsqueeze, {y, r.list({1})});
  EXPECT_TRUE(r.together(y, 1, x, 1));
  EXPECT_TRUE(r.together(z, 2, x, 1));
  EXPECT_TRUE(r.is_free(z, 2));
}

TEST(ChannelRules, ConcatAndSplitTieByOffset) {
  Rules r;
  const ValueId x = r.input({kN, 2, 3}), w = r.input({kN, 3, 3});
  const ValueId y = r.op(OpKind::concat, {x, w}, axis(1));
  EXPECT_EQ(r.of(y, 1, w, 1), (Ints{-1, -1, 0, 1, 2}));
  EXPECT_TRUE(r.together(y, 2, w, 2));

  Rules s;
  const ValueId whole = s.input({kN, 6});
  const std::vector<ValueId> parts = s.split({whole, s.list({1, 3, 2})}, 3, -1);
  EXPECT_EQ(s.of(parts[1], 1, whole, 1), (Ints{1, 2, 3}));
  EXPECT_EQ(s.of(parts[2], 1, whole, 1), (Ints{4, 5}));
}

TEST(ChannelRules, SliceTiesWhatItTakes) {
  Rules r;
  const ValueId x = r.input({kN, 6, 5});
  const ValueId y = r.op(OpKind::slice, {x, r.list({-5, 0}), r.list({INT64_MAX, 4}), r.list({1, 2}), r.list({1, 2})});
  EXPECT_EQ(r.of(y, 1, x, 1), (Ints{1, 2, 3, 4, 5}));
  EXPECT_EQ(r.of(x, 1, y, 1), (Ints{-1, 0, 1, 2, 3, 4}));
  EXPECT_TRUE(r.stays(x, 2));

  Rules s;
  const ValueId whole = s.input({kN, 4});
  const ValueId back = s.op(OpKind::slice, {whole, s.list({-1}), s.list({-INT64_MAX}), s.list({1}), s.list({-1})});
  EXPECT_EQ(s.of(back, 1, whole, 1), (Ints{3, 2, 1, 0}));
}

TEST(ChannelRules, PaddedIndicesAreNew) {
  Rules r;
  const ValueId x = r.input({kN, 3, 4});
  const ValueId y = r.op(OpKind::pad, {x, r.list({0, 1, -1, 0, 2, 0})});
  EXPECT_EQ(r.of(y, 1, x, 1), (Ints{-1, 0, 1, 2, -1, -1}));
  EXPECT_EQ(r.of(y, 2, x, 2), (Ints{1, 2, 3}));

  Rules s;
  const ValueId z = s.input({kN, 3, 4});
  s.op(OpKind::pad, {z, s.list({0, 1, 0, 0, 1, 0})}, attributes({{"mode", std::string("reflect")}}));
  EXPECT_TRUE(s.stays(z, 1));
  EXPECT_TRUE(s.is_free(z, 2));
}

TEST(ChannelRules, GatherOfConstantsTiesWhatItPicks) {
  Rules r;
  const ValueId x = r.input({kN, 4, 3}), order = r.list({2, -4, 1});
  const ValueId y = r.op(OpKind::gather, {x, order}, axis(1));
  EXPECT_EQ(r.of(y, 1, x, 1), (Ints{2, 0, 1}));
  EXPECT_TRUE(r.together(y, 1, order, 0));
  EXPECT_TRUE(r.together(y, 2, x, 2));

  Rules s;
  const ValueId z = s.input({kN, 4, 3});
  const ValueId token = s.op(OpKind::gather, {z, s.constant(Tensor::scalar(int64_t{1}))}, axis(1));
  EXPECT_EQ(s.of(z, 1, z, 1), (Ints{0, -2, 2, 3}));
  EXPECT_TRUE(s.together(token, 1, z, 2));
}

TEST(ChannelRules, GatherOfComputedIndicesKeepsTheAxis) {
  Rules r;
  const ValueId table = r.weight({10, 6}), words = r.input({kN, 5}, DType::i64);
  const ValueId y = r.op(OpKind::gather, {table, words});
  EXPECT_TRUE(r.stays(table, 0));
  EXPECT_TRUE(r.together(y, 2, table, 1));
  EXPECT_TRUE(r.together(y, 1, words, 1));
}

TEST(ChannelRules, ExpandMakesCopiesThatMayGo) {
  Rules r;
  const ValueId x = r.input({kN, 2, 1, 3});
  const ValueId y = r.op(OpKind::expand, {x, r.list({1, 2, 4, 3})});
  EXPECT_TRUE(r.stays(x, 2));
  EXPECT_TRUE(r.is_free(y, 2));
  EXPECT_TRUE(r.together(y, 1, x, 1));
}

TEST(ChannelRules, ExpandKeepsWhatIsNotOneWhateverTheShapeIs) {
  Rules r;
  const ValueId x = r.input({1, 1, 6});
  const ValueId y = r.op(OpKind::expand, {x, r.input({3}, DType::i64)});
  EXPECT_TRUE(r.together(y, 2, x, 2));
  EXPECT_TRUE(r.is_free(y, 2));
}

TEST(ChannelRules, TileCopiesGoWithTheOriginal) {
  Rules r;
  const ValueId x = r.input({kN, 2});
  const ValueId y = r.op(OpKind::tile, {x, r.list({1, 3})});
  EXPECT_EQ(r.of(y, 1, x, 1), (Ints{0, 1, 0, 1, 0, 1}));
}

TEST(ChannelRules, DepthToSpaceKeepsPlacesInTheBlock) {
  for (const bool crd : {false, true}) {
    Rules r;
    const ValueId x = r.input({kN, 8, 3, 3});
    const ValueId y = r.op(OpKind::depth_to_space, {x},
                           attributes({{"blocksize", int64_t{2}}, {"mode", std::string(crd ? "CRD" : "DCR")}}));
    for (size_t i = 0; i < 8; ++i) EXPECT_EQ(r.parts(x, 1, i), std::vector<IndexId>{r.id(y, 1, crd ? i / 4 : i % 2)});
    EXPECT_TRUE(r.stays(y, 2));
  }
  Rules r;
  const ValueId x = r.input({kN, 2, 4, 4});
  const ValueId y = r.op(OpKind::space_to_depth, {x}, attributes({{"blocksize", int64_t{2}}}));
  for (size_t i = 0; i < 8; ++i) EXPECT_EQ(r.parts(y, 1, i), std::vector<IndexId>{r.id(x, 1, i % 2)});
}

TEST(ChannelRules, ReductionsAskForWhatZerosChange) {
  for (const auto& [op, stays] : {std::pair{OpKind::reduce_mean, false},
                                  {OpKind::reduce_l2, false},
                                  {OpKind::reduce_max, true},
                                  {OpKind::reduce_log_sum_exp, true}}) {
    Rules r;
    const ValueId x = r.input({kN, 4, 5});
    const ValueId y = r.op(op, {x}, attributes({{"axes", Ints{-2}}, {"keepdims", int64_t{0}}}));
    EXPECT_EQ(r.stays(x, 1), stays);
    EXPECT_TRUE(r.together(y, 1, x, 2));
  }
  Rules r;
  const ValueId x = r.input({kN, 4, 5});
  const ValueId y = r.op(OpKind::reduce_sum, {x, r.list({1})});
  EXPECT_TRUE(r.is_free(x, 1));
  EXPECT_TRUE(r.together(y, 2, x, 2));
  EXPECT_TRUE(r.stays(y, 1));
}

TEST(ChannelRules, ResizeKeepsAxesOfTheSameSize) {
  Rules r;
  const ValueId x = r.input({kN, 4, 5, 5});
  const ValueId y = r.op(OpKind::resize, {x, kNoValue, r.constant(floats({4}, {1, 1, 2, 1.1F}))});
  EXPECT_TRUE(r.together(y, 1, x, 1));
  EXPECT_TRUE(r.stays(x, 2));
  EXPECT_TRUE(r.stays(x, 3));  // floor(5 * 1.1) is 5, and yet elements move
}

TEST(ChannelRules, ShapesThatAreReadAsNumbersMakeAxesStay) {
  Rules r;
  const ValueId x = r.input({kN, 4, 5}), all = r.input({kN, 4, 5});
  const ValueId shape = r.op(OpKind::shape, {x});
  r.op(OpKind::gather, {shape, r.list({0})});
  r.op(OpKind::expand, {r.input({1}), shape});
  r.op(OpKind::cast, {r.op(OpKind::gather, {r.op(OpKind::shape, {all}), r.list({0, 1})})},
       attributes({{"to", int64_t{1}}}));
  EXPECT_TRUE(r.is_free(x, 1));
  EXPECT_TRUE(r.stays(all, 1));
  EXPECT_TRUE(r.is_free(all, 2));
}

TEST(ChannelRules, AMultipleOfASymbolThatIsReadAsANumberStays) {
  Rules r;
  const ValueId h = r.op(OpKind::reshape, {r.input({kN, 8}), r.list({-1, 4})});  // [2 N, 4]
  const ValueId batch = r.op(OpKind::slice, {r.op(OpKind::shape, {h}), r.list({0}), r.list({1})});
  r.op(OpKind::constant_of_shape, {batch});
  EXPECT_TRUE(r.stays(h, 0));
  EXPECT_TRUE(r.is_free(h, 1));
}

TEST(ChannelRules, AShapeThatPicksFromATableStays) {
  Rules r;
  const ValueId x = r.input({kN, 4}), table = r.input({9}, DType::i64);
  r.op(OpKind::expand, {r.input({1, 1}), r.op(OpKind::gather, {table, r.op(OpKind::shape, {x})})});
  EXPECT_TRUE(r.stays(x, 1));
}

TEST(ChannelRules, UpdatesThatReplaceStayWhereTheyGo) {
  Rules r;
  const ValueId data = r.input({2, 6}), at = r.input({2, 4}, DType::i64), updates = r.input({2, 4});
  r.op(OpKind::scatter_elements, {data, at, updates}, axis(1));
  EXPECT_TRUE(r.stays(updates, 1));
  EXPECT_TRUE(r.is_free(updates, 0));
  Rules s;
  const ValueId added = s.input({2, 4});
  s.op(OpKind::scatter_elements, {s.input({2, 6}), s.input({2, 4}, DType::i64), added},
       attributes({{"axis", int64_t{1}}, {"reduction", std::string("add")}}));
  EXPECT_TRUE(s.is_free(added, 1));
}

TEST(ChannelRules, PickedAlongAnAxisTheOthersPassThrough) {
  Rules r;
  const ValueId x = r.input({kN, 4, 5}), i = r.input({kN, 4, 2}, DType::i64);
  const ValueId y = r.op(OpKind::gather_elements, {x, i}, axis(2));
  EXPECT_TRUE(r.together(y, 1, x, 1));
  EXPECT_TRUE(r.stays(x, 2));
  const ValueId data = r.input({6, 4}), places = r.input({3, 1}, DType::i64), updates = r.input({3, 4});
  const ValueId z = r.op(OpKind::scatter_nd, {data, places, updates});
  EXPECT_TRUE(r.together(z, 1, updates, 1));
  EXPECT_TRUE(r.stays(z, 0));
  EXPECT_TRUE(r.stays(updates, 0));
  const ValueId best = r.op(OpKind::top_k, {r.input({kN, 4, 7}), r.list({2})}, axis(-1));
  EXPECT_TRUE(r.is_free(best, 1));
  EXPECT_TRUE(r.stays(best, 2));
}

}  // namespace
}  // namespace pare
