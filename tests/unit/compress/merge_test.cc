// Merging of channels that go into those that stay.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "compress/prune/channels/matrix.h"
#include "compress/prune/channels/merge.h"
#include "tests/support/compress_fixture.h"
#include "tests/support/graphs.h"
#include "tests/support/slow_engine.h"

namespace pare::testing {
namespace {

// x (N, 2, 5, 5) -> conv1 (3) -> norm -> function -> pool -> flatten -> fc (2). The last filter of conv1 is `factor`
// times the first, and its norm makes it three times that in the end.
Graph twins(float factor, OpKind function) {
  Random random(5);
  Graph g;
  g.symbols[1] = "N";
  g.next_symbol = 2;
  add_input(g, "x", DType::f32, {Dim(1, 1), 2, 5, 5});
  Tensor filters = random_floats({3, 2, 2, 2}, random);
  const auto w = filters.edit<float>();
  for (size_t i = 0; i < 8; ++i) w[16 + i] = factor * w[i];
  ValueId h = append(g, OpKind::conv, "conv1", {g.inputs[0], add_constant(g, "conv1.weight", filters)});
  h = append_norm(g, "norm", h, 3, random);
  const auto part = [&](const char* name) { return g.value(g.find_value(name)).constant->edit<float>(); };
  part("norm.mean")[2] = factor * part("norm.mean")[0];
  part("norm.var")[2] = factor * factor * part("norm.var")[0];
  part("norm.scale")[2] = 3 * part("norm.scale")[0];
  part("norm.shift")[2] = 3 * part("norm.shift")[0];
  h = append(g, function, "function", {h});
  h = append(g, OpKind::max_pool, "pool", {h},
             attributes({{"kernel_shape", std::vector<int64_t>{2, 2}}, {"strides", std::vector<int64_t>{2, 2}}}));
  h = append(g, OpKind::flatten, "flatten", {h});
  const ValueId fc = add_constant(g, "fc.weight", random_floats({2, 12}, random));
  g.outputs = {append(g, OpKind::gemm, "fc", {h, fc}, attributes({{"transB", int64_t{1}}}))};
  mark_trainable(g);
  return g;
}

Tensor outputs(const Graph& graph) {
  Random random(6);
  const Tensor x = random_floats({4, 2, 5, 5}, random);
  return SlowEngine().run(graph, {{x}}, {})[0];
}
double distance(const Tensor& a, const Tensor& b) {
  double most = 0;
  for (size_t i = 0; i < a.view<float>().size(); ++i)
    most = std::max(most, std::fabs(static_cast<double>(a.view<float>()[i] - b.view<float>()[i])));
  return most;
}

TEST(MergeChannels, WhatIsAMultipleIsMadeUpForExactly) {
  const Graph before = twins(2, OpKind::relu);
  Graph plain = before, merged = before;
  const Channels channels = Channels::find(before);
  ASSERT_EQ(channels.size(), 3U);
  const std::vector<bool> removed = {false, false, true};
  EXPECT_EQ(merge_channels(merged, channels, removed), 1U);
  remove_channels(plain, channels, removed);
  remove_channels(merged, channels, removed);
  EXPECT_GT(distance(outputs(plain), outputs(before)), 0.1);
  EXPECT_LT(distance(outputs(merged), outputs(before)), 1e-3);
}

TEST(MergeChannels, LeavesWhatIsNotAlike) {
  const std::vector<bool> removed = {false, false, true};
  for (const auto& [factor, function] : {std::pair{-2.0F, OpKind::relu}, {2.0F, OpKind::sigmoid}}) {
    Graph g = twins(factor, function);
    const Channels channels = Channels::find(g);
    const Tensor was = *g.value(g.find_value("fc.weight")).constant;
    if (factor < 0) {  // nor is the other filter
      const auto w = g.value(g.find_value("conv1.weight")).constant->edit<float>();
      for (size_t i = 0; i < 8; ++i) w[8 + i] = w[i];
    }
    EXPECT_EQ(merge_channels(g, channels, removed), 0U);
    EXPECT_EQ(*g.value(g.find_value("fc.weight")).constant, was);
  }
}

TEST(MergeChannels, PaddingWithOtherThanZeroKeepsNoMultiples) {
  for (const float around : {0.0F, 1.0F}) {
    Graph g = twins(2, OpKind::relu);
    const Node& pool = g.node(find_node(g, "pool"));
    const ValueId padded = append(g, OpKind::pad, "pad",
                                  {pool.inputs[0], add_constant(g, "pads", integers({0, 0, 0, 0, 0, 0, 0, 0})),
                                   add_constant(g, "around", Tensor::scalar<float>(around))});
    set_input(g, find_node(g, "pool"), 0, padded);
    sort_topologically(g);
    EXPECT_EQ(merge_channels(g, Channels::find(g), {false, false, true}), around == 0 ? 1U : 0U);
  }
}

TEST(Gram, InPartsIsThatOfTheWhole) {
  constexpr size_t kRows = 300, kColumns = 60000;  // more than one part
  const auto at = [](size_t r, size_t c) { return std::sin(static_cast<double>(r * 7 + c)); };
  int parts = 0;
  const Matrix products = gram(kRows, kColumns, Progress::quiet(), [&](size_t from, Matrix& part) {
    ++parts;
    for (size_t r = 0; r < kRows; ++r)
      for (size_t c = 0; c < part.columns(); ++c) part.at(r, c) = at(r, from + c);
  });
  EXPECT_GT(parts, 1);
  for (const auto& [r, k] : {std::pair<size_t, size_t>{0, 0}, {3, 250}, {299, 17}, {64, 64}}) {
    double sum = 0;
    for (size_t c = 0; c < kColumns; ++c) sum += at(r, c) * at(k, c);
    EXPECT_NEAR(products.at(r, k), sum, 1e-6) << r << " " << k;
  }
}

TEST(MergeChannels, LeavesReadersWithAMask) {
  Graph g = twins(2, OpKind::relu);
  Value& weight = g.value(g.find_value("fc.weight"));
  weight.encoding.mask = BitMask(24);
  EXPECT_EQ(merge_channels(g, Channels::find(g), {false, false, true}), 0U);
}

class Merge : public CompressTest {};

TEST_F(Merge, IsAnOptionOfPruneChannelsThatNeedsNoData) {
  const auto run = [&](const char* merge) {
    const std::string recipe = std::string("steps: [{prune_channels: {ratio: 0.75, merge: ") + merge + "}}]";
    RunOptions how = options();
    how.data.clear();
    return run_recipe(parse_recipe(recipe, "r"), twins(2, OpKind::relu), how, Progress::quiet()).rows.at(0);
  };
  const RowResult merged = run("true"), plain = run("false");
  EXPECT_GE(merged.report["steps"][0]["details"]["merged_channels"].get<int>(), 1);
  EXPECT_FALSE(plain.report["steps"][0]["details"].contains("merged_channels"));
  const Tensor before = outputs(twins(2, OpKind::relu));
  EXPECT_LT(distance(outputs(merged.graph), before), distance(outputs(plain.graph), before));
  EXPECT_EQ(engine->calls, 0);
}

}  // namespace
}  // namespace pare::testing
