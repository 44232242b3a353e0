// What layers, pools, norms and recurrent ops say of channels. ONNX Runtime judges most of it in
// tests/property/channels_property_test.cc; here is what it does not run.
#include "core/channels/ties.h"
#include "op_case.h"

namespace pare::testing {
namespace {

// "x: a b -; y0: a c -": axes that go together index by index have the same letter, "-" stays.
std::string said(const OneOp& op) {
  const Graph& graph = op.graph;
  const Node& node = graph.nodes[0];
  ChannelTies ties(graph);
  for (int walk = 0; walk < 2; ++walk) {
    if (walk == 1) ties.walk_again();
    ties.at(0);
    op_def(node.op)->tie(ties, node);
  }
  std::vector<std::vector<std::vector<IndexId>>> letters;
  std::string text;
  for (const std::vector<ValueId>* list : {&node.inputs, &node.outputs}) {
    for (const ValueId v : *list) {
      if (v == kNoValue) continue;
      text += (text.empty() ? "" : "; ") + graph.value(v).name + ":";
      for (size_t axis = 0; axis < ties.rank(v); ++axis) {
        std::vector<std::vector<IndexId>> parts;
        const IndexRange range = ties.axis(v, static_cast<int64_t>(axis));
        bool stays = true;
        for (size_t i = 0; i < range.count; ++i) {
          ties.parts(range[i], parts.emplace_back());
          stays = stays && parts.back().empty();
        }
        const auto found = std::find(letters.begin(), letters.end(), parts);
        const auto letter = static_cast<char>('a' + (found - letters.begin()));
        if (!stays && found == letters.end()) letters.push_back(parts);
        text += std::string(" ") + (stays ? '-' : letter);
      }
    }
  }
  return text;
}
Tensor zeros(Shape shape) { return Tensor(DType::f32, std::move(shape)); }
AttributeValue text(const char* value) { return std::string(value); }

TEST(ChannelLayerRules, ConvolutionsTieFiltersToOutputs) {
  EXPECT_EQ(said(OneOp(17, OpKind::conv, Dims{kN, 4, 5, 5}, {}, {zeros({6, 4, 3, 3}), zeros({6})})),
            "x: a b - -; c0: c b - -; c1: c; y0: a c - -");
  EXPECT_EQ(said(OneOp(17, OpKind::conv, Dims{kN, 8, 5}, {{"group", 4}}, {zeros({12, 2, 3})})),
            "x: a b -; c0: c d -; y0: a c -");
  EXPECT_EQ(said(OneOp(17, OpKind::conv, Dims{kN, 4, 5}, {{"group", 4}}, {zeros({4, 1, 3})})),
            "x: a b -; c0: b - -; y0: a b -");
  EXPECT_EQ(said(OneOp(17, OpKind::conv_transpose, Dims{kN, 4, 5}, {}, {zeros({4, 6, 3}), zeros({6})})),
            "x: a b -; c0: b c -; c1: c; y0: a c -");
}

TEST(ChannelLayerRules, WhatHasNoShapeMakesEverythingStay) {
  EXPECT_EQ(said(OneOp(17, OpKind::conv, std::nullopt, {}, {zeros({6, 4, 3})})), "x:; c0: - - -; y0:");
  EXPECT_EQ(said(OneOp(17, OpKind::gemm, std::nullopt, {}, {zeros({6, 4}), zeros({4})})),
            "x:; c0: - -; c1: -; y0: - -");
}

TEST(ChannelLayerRules, ProductsTieInnerAxesAndBatches) {
  EXPECT_EQ(said(OneOp(17, OpKind::matmul, Dims{3, 1, 4, 5}, {}, {zeros({2, 5, 6})})),
            "x: a - b c; c0: d c e; y0: a d b e");
  EXPECT_EQ(said(OneOp(17, OpKind::matmul, Dims{5}, {}, {zeros({5, 6})})), "x: a; c0: a b; y0: b");
  EXPECT_EQ(said(OneOp(17, OpKind::matmul, Dims{4, 5}, {}, {zeros({5})})), "x: a b; c0: b; y0: a");
  EXPECT_EQ(said(OneOp(17, OpKind::gemm, Dims{5, 4}, {{"transA", 1}}, {zeros({5, 6}), zeros({1, 6})})),
            "x: a b; c0: a c; c1: - c; y0: b c");
  EXPECT_EQ(said(OneOp(17, OpKind::einsum, Dims{2, 3, 4}, {{"equation", text("bsi,oi->bso")}}, {zeros({5, 4})})),
            "x: a b c; c0: d c; y0: a b d");
  EXPECT_EQ(said(OneOp(17, OpKind::einsum, Dims{2, 3, 4}, {{"equation", text("...i->...")}})), "x: - - -; y0:");
}

TEST(ChannelLayerRules, IndicesOfAPoolCountThroughChannels) {
  const NamedAttributes window = {{"kernel_shape", Ints{2}}};
  EXPECT_EQ(said(OneOp(17, OpKind::max_pool, Dims{kN, 4, 6}, window)), "x: a b -; y0: a b -");
  EXPECT_EQ(said(OneOp(17, OpKind::max_pool, Dims{kN, 4, 6}, window, {}, 2)), "x: - - -; y0: - - -; y1: - - -");
}

TEST(ChannelLayerRules, NormsTieTheirParameters) {
  const std::vector<Tensor> four = {zeros({4}), zeros({4}), zeros({4}), zeros({4})};
  EXPECT_EQ(said(OneOp(17, OpKind::batch_normalization, Dims{kN, 4, 6}, {}, four)),
            "x: a b c; c0: b; c1: b; c2: b; c3: b; y0: a b c");
  EXPECT_EQ(said(OneOp(17, OpKind::batch_normalization, Dims{kN, 4, 6}, {{"training_mode", 1}}, four, 3)),
            "x: - a -; c0: a; c1: a; c2: a; c3: a; y0: - a -; y1: a; y2: a");
  EXPECT_EQ(said(OneOp(17, OpKind::layer_normalization, Dims{kN, 3, 4}, {{"axis", -1}}, {zeros({4}), zeros({4})}, 3)),
            "x: a b c; c0: c; c1: c; y0: a b c; y1: a b -; y2: a b -");
  EXPECT_EQ(said(OneOp(17, OpKind::lrn, Dims{kN, 4, 6}, {{"size", 3}})), "x: a - b; y0: a - b");
  EXPECT_EQ(said(OneOp(17, OpKind::softmax, Dims{kN, 4, 6}, {{"axis", 1}})), "x: a - b; y0: a - b");
}

TEST(ChannelLayerRules, HiddenUnitsTakeTheirGatesAlong) {
  EXPECT_EQ(said(OneOp(17, OpKind::gru, Dims{5, kN, 3}, {{"hidden_size", 4}, {"direction", text("bidirectional")}},
                       {zeros({2, 12, 3}), zeros({2, 12, 4})}, 2)),
            "x: - a b; c0: - c b; c1: - c d; y0: - - a d; y1: - a d");
  EXPECT_EQ(
      said(OneOp(17, OpKind::lstm, Dims{2, 5, 3}, {{"hidden_size", 4}, {"layout", 1}},
                 {zeros({1, 16, 3}), zeros({1, 16, 4}), zeros({1, 32}), Tensor(), zeros({2, 1, 4}), zeros({2, 1, 4}),
                  zeros({1, 12})},
                 3)),
      "x: a - b; c0: - c b; c1: - c d; c2: - e; c4: a - d; c5: a - d; c6: - f; y0: a - - d; y1: a - d; y2: a - d");
}

TEST(ChannelLayerRules, LossesKeepTheirClasses) {
  EXPECT_EQ(said(OneOp(17, OpKind::softmax_cross_entropy_loss, Dims{2, 3}, {}, {ints({0, 2}), zeros({3})}, 2)),
            "x: - -; c0: -; c1: -; y0:; y1: - -");
}

}  // namespace
}  // namespace pare::testing
