// Channels that add the same number whatever the input: what makes that number depend on the input after all.
#include "core/channels/dead.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

#include "tests/support/graphs.h"

namespace pare {
namespace {

using namespace pare::testing;

// conv1 makes 5 in channel 0 whatever x is; what `then` makes of it is read by conv2. Is that channel constant?
bool is_constant(const std::function<ValueId(Graph&, ValueId)>& then) {
  Random random(1);
  Graph g;
  const ValueId x = add_input(g, "x", DType::f32, {2, 3, 6, 6});
  Tensor weight = random_floats({4, 3, 1, 1}, random), bias = random_floats({4}, random);
  for (size_t i = 0; i < 3; ++i) weight.edit<float>()[i] = 0;
  bias.edit<float>()[0] = 5;
  const ValueId h = append(g, OpKind::conv, "conv1", {x, add_constant(g, "w1", weight), add_constant(g, "b1", bias)});
  const ValueId w2 = add_constant(g, "w2", random_floats({2, 4, 1, 1}, random));
  const ValueId b2 = add_constant(g, "b2", random_floats({2}, random));
  g.outputs = {append(g, OpKind::conv, "conv2", {then(g, h), w2, b2})};
  infer_shapes(g);
  verify(g);
  const Channels channels = Channels::find(g);
  EXPECT_EQ(channels.size(), 4U);
  return constant_channels(g, channels)[0];
}

ValueId norm(Graph& g, ValueId x, int64_t training) {
  Random random(2);
  const ValueId y = append_norm(g, "norm", x, 4, random);
  g.node(g.value(y).producer).attributes.set("training_mode", training);
  return y;
}

ValueId dropout(Graph& g, ValueId x, bool training) {
  const ValueId ratio = add_constant(g, "ratio", Tensor::scalar(0.5F));
  Tensor flag(DType::boolean, {});
  flag.edit_bytes()[0] = std::byte{training};
  return append(g, OpKind::dropout, "drop", {x, ratio, add_constant(g, "training", flag)});
}

TEST(ConstantChannels, StayConstantThroughANormAndADropout) {
  EXPECT_TRUE(is_constant([](Graph&, ValueId x) { return x; }));
  EXPECT_TRUE(is_constant([](Graph& g, ValueId x) { return norm(g, x, 0); }));
  EXPECT_TRUE(is_constant([](Graph& g, ValueId x) { return dropout(g, x, false); }));
}

TEST(ConstantChannels, AreNotKnownInTraining) {
  EXPECT_FALSE(is_constant([](Graph& g, ValueId x) { return norm(g, x, 1); }));
  EXPECT_FALSE(is_constant([](Graph& g, ValueId x) { return dropout(g, x, true); }));
}

TEST(ConstantChannels, AreRoundedByGridsOfActivations) {
  EXPECT_FALSE(is_constant([](Graph& g, ValueId x) {
    Grid grid;
    grid.scale = {0.3F};
    const ValueId y = append(g, OpKind::relu, "relu", {x});
    g.value(y).activation_grid = grid;
    return y;
  }));
}

// A bias in front of a norm of the batch goes with its mean: there is no place for a number of one's own.
TEST(ConstantChannels, AreNotFoldedIntoTheMeanOfABatch) {
  const auto folds = [](int64_t training) -> bool {
    Random random(3);
    Graph g;
    const ValueId x = add_input(g, "x", DType::f32, {2, 3, 6, 6});
    Tensor weight = random_floats({4, 3, 1, 1}, random), bias = random_floats({4}, random);
    for (size_t i = 0; i < 3; ++i) weight.edit<float>()[i] = 0;
    const ValueId h = append(g, OpKind::conv, "conv1", {x, add_constant(g, "w1", weight), add_constant(g, "b1", bias)});
    const ValueId w2 = add_constant(g, "w2", random_floats({4, 4, 1, 1}, random));
    g.outputs = {norm(g, append(g, OpKind::conv, "conv2", {h, w2}), training)};
    infer_shapes(g);
    return constant_channels(g, Channels::find(g))[0];
  };
  EXPECT_TRUE(folds(0));
  EXPECT_FALSE(folds(1));
}

}  // namespace
}  // namespace pare
