// The step `sparsify_channels`: what a pull does to weights, on an engine whose updates are known.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "compress/prune/channels/sparsify.h"
#include "core/edit.h"
#include "core/error.h"
#include "tests/support/compress_fixture.h"
#include "tests/support/graphs.h"

namespace pare {
namespace {

using ::testing::ElementsAre;

// Weights that nothing but the observer moves; constant rate.
class StillState final : public State {
 public:
  explicit StillState(Graph& graph) {
    for (size_t v = 0; v < graph.values.size(); ++v) {
      Value& value = graph.values[v];
      if (!value.trainable) continue;
      parameters_.push_back({"student",
                             static_cast<ValueId>(v),
                             value.name,
                             value.constant->shape(),
                             value.constant->edit<float>(),
                             {},
                             nullptr});
    }
  }
  std::span<Parameter> parameters() override { return parameters_; }
  BitMask& mask(Parameter& parameter) override { return *parameter.mask; }
  void changed(Parameter&) override {}
  int64_t step() const override { return 1; }
  int64_t steps() const override { return 10; }
  int64_t steps_per_epoch() const override { return 10; }
  double loss() const override { return 0; }

 private:
  std::vector<Parameter> parameters_;
};

// x [N,1,4,4] -> conv (3 channels, with bias) -> norm -> relu -> conv -> y. |w| of the channels: 2, 1, 0.2 (filter),
// bias 0, scale 1, shift 0.
Graph three_channels() {
  Random random(1);
  Graph g;
  const ValueId x = add_input(g, "x", DType::f32, {Dim(1), 1, 4, 4});
  const ValueId w = add_constant(g, "w", testing::floats({3, 1, 1, 1}, {2, -1, 0.2F}));
  const ValueId b = add_constant(g, "b", testing::floats({3}, {0, 0, 0}));
  const ValueId n = testing::append_norm(g, "norm", append(g, OpKind::conv, "conv", {x, w, b}), 3, random);
  for (const char* name : {"norm.scale", "norm.shift"})
    for (float& v : g.value(g.find_value(name)).constant->edit<float>()) v = name[5] == 's' && name[6] == 'c' ? 1 : 0;
  const ValueId r = append(g, OpKind::relu, "relu", {n});
  g.outputs = {
      append(g, OpKind::conv, "out", {r, add_constant(g, "reader", testing::random_floats({2, 3, 1, 1}, random))})};
  mark_trainable(g);
  return g;
}

std::vector<float> of(const Graph& graph, const char* name) {
  const auto view = graph.value(graph.find_value(name)).constant->view<float>();
  return {view.begin(), view.end()};
}

Graph pulled(const Sparsity& sparsity, const std::vector<std::string>& freeze = {}, double factor = 1) {
  Graph graph = three_channels();
  TrainOptions train;
  train.rate = 0.5;
  train.schedule = "constant";
  train.freeze = freeze;
  train.rates = factor;
  const Channels channels = Channels::find(graph);
  SparsifyChannels observer(graph, channels, {true}, train, sparsity);
  EXPECT_TRUE(observer.projects());
  StillState state(graph);
  observer.project(state);
  return graph;
}

TEST(SparsifyChannels, GroupLassoTakesFromTheNorm) {
  const Graph before = three_channels(), after = pulled({.method = "group_lasso", .strength = 1.2});
  // Four elements each (filter, bias, scale, shift): 0.5 * 1.2 * 2 = 1.2 off the norm.
  const double norms[] = {std::sqrt(5.0), std::sqrt(2.0), std::sqrt(1.04)};
  for (size_t c = 0; c < 3; ++c) {
    const double factor = std::max(0.0, 1 - 1.2 / norms[c]);
    EXPECT_NEAR(of(after, "w")[c], factor * static_cast<double>(of(before, "w")[c]), 1e-6);
    EXPECT_NEAR(of(after, "norm.scale")[c], factor, 1e-6);
  }
  EXPECT_EQ(of(after, "w")[2], 0);
  EXPECT_EQ(of(after, "reader"), of(before, "reader"));
  EXPECT_EQ(of(after, "norm.mean"), of(before, "norm.mean"));
}

TEST(SparsifyChannels, GrowingPullsSmallOnesMore) {
  const Graph after = pulled({.method = "growing", .strength = 0.1, .alpha = 3});
  const double range = 5 - 1.04;
  const double squares[] = {5, 2, 1.04};
  for (size_t c = 0; c < 3; ++c)
    EXPECT_NEAR(of(after, "norm.scale")[c], 1 / (1 + 0.05 * std::exp2(3 * (5 - squares[c]) / range)), 1e-6) << c;
}

TEST(SparsifyChannels, SlimmingMovesScalesAlone) {
  const Graph before = three_channels(), after = pulled({.method = "slimming", .strength = 0.5});
  EXPECT_THAT(of(after, "norm.scale"), ElementsAre(0.75F, 0.75F, 0.75F));
  EXPECT_EQ(of(after, "w"), of(before, "w"));
}

TEST(SparsifyChannels, TheRestOfAGroupIsFree) {
  const Graph before = three_channels();
  const Graph after = pulled({.method = "group_lasso", .strength = 10, .ratio = 0.67});
  EXPECT_THAT(of(after, "w"), ElementsAre(2, 0, 0));
  EXPECT_THAT(of(after, "norm.scale"), ElementsAre(1, 0, 0));
}

TEST(SparsifyChannels, LayersThatLearnSlowlyArePulledLess) {
  const Graph slimmed = pulled({.method = "slimming", .strength = 0.5}, {}, 0.2);
  for (const float scale : of(slimmed, "norm.scale")) EXPECT_NEAR(scale, 1 - 0.05, 1e-6);
  const Graph half = pulled({.method = "group_lasso", .strength = 1.2}, {}, 0.5),
              other = pulled({.method = "group_lasso", .strength = 0.6});
  EXPECT_EQ(of(half, "w"), of(other, "w"));
}

TEST(SparsifyChannels, WhatIsFrozenStays) {
  const Graph before = three_channels();
  EXPECT_EQ(of(pulled({.strength = 10}, {"conv"}), "w"), of(before, "w"));
}

class SparsifyStep : public testing::CompressTest {
 protected:
  RowResult run(const std::string& steps) {
    return run_recipe(parse_recipe("steps:\n" + steps, "test.yaml"), network(), options(), Progress::quiet())
        .rows.at(0);
  }
};

TEST_F(SparsifyStep, ZeroChannelsAreRemovedWithoutLoss) {
  const RowResult row =
      run("  - sparsify_channels: {strength: 100, ratio: 0.5, epochs: 2, rate: 0.1, schedule: constant}\n"
          "  - prune_channels: {ratio: 0}\n");
  const auto groups = row.report["steps"][0]["details"]["groups"];
  ASSERT_EQ(groups.size(), 2U);
  EXPECT_EQ(groups[0]["channels"], 24);
  EXPECT_EQ(groups[0]["zero"], 12);
  EXPECT_EQ(row.report["steps"][1]["details"]["channels"]["after"], 20);
  EXPECT_EQ(row.report["steps"][0]["history"].size(), 2U);
}

TEST_F(SparsifyStep, WrongOptionsAreErrors) {
  for (const char* options :
       {"{method: magic, epochs: 1}", "{epochs: 0}", "{method: slimming, epochs: 1}", "{epochs: 1, layers: [fc3]}"})
    EXPECT_THROW(run(std::string("  - sparsify_channels: ") + options + "\n"), Error) << options;
}

}  // namespace
}  // namespace pare
