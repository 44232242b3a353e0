#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/per_layer.h"
#include "tests/support/graphs.h"

namespace pare {
namespace {

using namespace pare::testing;

// conv1, a depthwise conv, fc1 (Gemm) and fc2 (MatMul and Add).
Graph network() {
  Random random(1);
  Graph g = small_network();
  const ValueId w = add_constant(g, "dw.weight", random_floats({4, 1, 3, 3}, random));
  append(g, OpKind::conv, "dw", {g.find_value("relu1"), w}, attributes({{"group", int64_t{4}}}));
  const ValueId w2 = add_constant(g, "fc2.weight", random_floats({10, 5}, random));
  const ValueId b2 = add_constant(g, "fc2.bias", random_floats({5}, random));
  const ValueId m = append(g, OpKind::matmul, "fc2", {g.outputs[0], w2});
  append(g, OpKind::add, "fc2.add", {m, b2});
  return g;
}

TEST(Layers, KnowsKindsWeightsAndBiases) {
  const Graph g = network();
  const auto all = layers(g);
  ASSERT_EQ(all.size(), 4u);
  EXPECT_EQ(all[0].name, "conv1");
  EXPECT_EQ(all[0].kind, LayerKind::conv);
  EXPECT_EQ(g.value(all[0].weight).name, "conv1.weight");
  EXPECT_EQ(g.value(all[0].bias).name, "conv1.bias");
  EXPECT_EQ(all[1].kind, LayerKind::fc);
  EXPECT_EQ(all[2].kind, LayerKind::depthwise);
  EXPECT_EQ(all[2].bias, kNoValue);
  EXPECT_EQ(all[3].kind, LayerKind::fc);
  EXPECT_EQ(g.value(all[3].bias).name, "fc2.bias");
}

TEST(Layers, RecurrentOnesHaveTwoWeights) {
  Graph g;
  const ValueId x = add_input(g, "x", DType::f32, {5, 1, 3});
  const ValueId w = add_constant(g, "w", Tensor(DType::f32, {1, 16, 3}));
  const ValueId r = add_constant(g, "r", Tensor(DType::f32, {1, 16, 4}));
  const ValueId b = add_constant(g, "b", Tensor(DType::f32, {1, 32}));
  append(g, OpKind::lstm, "lstm1", {x, w, r, b}, attributes({{"hidden_size", int64_t{4}}}));
  const auto all = layers(g);
  ASSERT_EQ(all.size(), 2u);
  EXPECT_EQ(all[0].name, "lstm1.W");
  EXPECT_EQ(all[0].weight, w);
  EXPECT_EQ(all[0].bias, b);
  EXPECT_EQ(all[1].name, "lstm1.R");
  EXPECT_EQ(all[1].weight, r);
  EXPECT_EQ(all[1].bias, kNoValue);
  EXPECT_TRUE(layer_matches("recurrent", all, 1));
  EXPECT_TRUE(layer_matches("lstm1*", all, 1));
  EXPECT_FALSE(layer_matches("*.W", all, 1));
  for (const char* node : {"lstm1", "name:lstm1", "lstm?"}) {
    EXPECT_TRUE(layer_matches(node, all, 0)) << node;
    EXPECT_TRUE(layer_matches(node, all, 1)) << node;
  }
  EXPECT_FALSE(layer_matches("name:lstm1.W", all, 1));
}

TEST(Layers, PatternsPick) {
  const auto all = layers(network());
  const auto picked = [&](std::string_view pattern) {
    std::vector<std::string> names;
    for (size_t i = 0; i < all.size(); ++i) {
      if (layer_matches(pattern, all, i)) names.push_back(all[i].name);
    }
    return names;
  };
  using ::testing::ElementsAre;
  EXPECT_THAT(picked("first"), ElementsAre("conv1"));
  EXPECT_THAT(picked("last"), ElementsAre("fc2"));
  EXPECT_THAT(picked("kind:fc"), ElementsAre("fc1", "fc2"));
  EXPECT_THAT(picked("conv"), ElementsAre("conv1"));
  EXPECT_THAT(picked("depthwise"), ElementsAre("dw"));
  EXPECT_THAT(picked("fc*"), ElementsAre("fc1", "fc2"));
  EXPECT_THAT(picked("nothing"), ElementsAre());
}

TEST(Layers, FirstMatchingRuleGivesTheValue) {
  const auto all = layers(network());
  PerLayer<int64_t> bits{8};
  bits.rules = {{"fc1", 3}, {"kind:fc", 4}, {"first", 6}};
  EXPECT_EQ(value_for(bits, all, 0), 6);
  EXPECT_EQ(value_for(bits, all, 1), 3);
  EXPECT_EQ(value_for(bits, all, 2), 8);
  EXPECT_EQ(value_for(bits, all, 3), 4);
}

}  // namespace
}  // namespace pare
