// A network and its masked self in one graph, judged by removing the channels.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "compress/prune/channels/masked_copy.h"
#include "core/edit.h"
#include "tests/support/graphs.h"
#include "tests/support/slow_engine.h"

namespace pare::testing {
namespace {

// x [2,2,6,6] -> conv, norm, relu (4) + shortcut, depthwise conv, relu -> conv (3) -> flatten -> fc -> y.
Graph network() {
  Random random(3);
  Graph g;
  const ValueId x = add_input(g, "x", DType::f32, {Dim(2), 2, 6, 6});
  const auto conv = [&](const std::string& name, ValueId in, Shape shape, int64_t group, int64_t pad) {
    const ValueId bias = add_constant(g, name + ".bias", random_floats({shape[0]}, random));
    return append(g, OpKind::conv, name, {in, add_constant(g, name + ".weight", random_floats(shape, random)), bias},
                  attributes({{"group", group}, {"pads", std::vector<int64_t>{pad, pad, pad, pad}}}));
  };
  const ValueId stem = append(g, OpKind::relu, "stem_relu", {conv("stem", x, {4, 2, 3, 3}, 1, 1)});
  const ValueId norm = append_norm(g, "norm", conv("a", stem, {4, 4, 1, 1}, 1, 0), 4, random);
  const ValueId sum = append(g, OpKind::sigmoid, "curve", {append(g, OpKind::add, "sum", {norm, stem})});
  const ValueId deep = append(g, OpKind::relu, "deep_relu", {conv("deep", sum, {4, 1, 3, 3}, 4, 0)});
  const ValueId last = append(g, OpKind::relu, "last_relu", {conv("last", deep, {3, 4, 3, 3}, 1, 0)});
  const ValueId flat = append(g, OpKind::flatten, "flatten", {last});
  g.outputs = {append(g, OpKind::gemm, "fc", {flat, add_constant(g, "fc.weight", random_floats({5, 12}, random))},
                      attributes({{"transB", int64_t{1}}}))};
  mark_trainable(g);
  return g;
}

void expect_near(const Tensor& a, const Tensor& b) {
  ASSERT_EQ(a.shape(), b.shape());
  for (size_t i = 0; i < a.view<float>().size(); ++i) EXPECT_NEAR(a.view<float>()[i], b.view<float>()[i], 1e-4) << i;
}

TEST(MaskedCopy, AnswersLikeTheNetworkWithoutTheChannels) {
  const Graph original = network();
  const Channels channels = Channels::find(original);
  ASSERT_EQ(channels.groups().size(), 2U);
  MaskedCopy copy = with_masked_copy(original);
  verify(copy.graph);
  SlowEngine engine;
  Random random(5);
  const Tensor x = random_floats({2, 2, 6, 6}, random);
  const auto both = [&] {
    const ValueId fetch[] = {copy.graph.find_value(copy.logits), copy.graph.find_value(copy.masked_logits)};
    return engine.run(copy.graph, {{x}}, fetch);
  };
  const Tensor y = engine.run(original, {{x}}, {})[0];
  expect_near(both()[0], y);
  expect_near(both()[1], y);

  std::vector<bool> removed(channels.size());
  for (const ChannelGroup& group : channels.groups()) removed[group.channels[1]] = true;
  for (const MaskedCopy::Masked& item : copy.masks) {
    const std::vector<float> mask = mask_without(original, channels, item.weight, removed);
    std::copy(mask.begin(), mask.end(), copy.graph.value(item.mask).constant->edit<float>().begin());
  }
  Graph smaller = original;
  remove_channels(smaller, channels, removed);
  expect_near(both()[0], y);
  expect_near(both()[1], engine.run(smaller, {{x}}, {})[0]);
  EXPECT_EQ(masked_channels(copy, copy.graph, original, channels), removed);
}

TEST(MaskedCopy, ComesApartAgain) {
  const Graph original = network();
  MaskedCopy copy = with_masked_copy(original);
  copy.graph.value(copy.graph.find_value("last.weight")).constant->edit<float>()[0] = 42;
  ASSERT_EQ(copy.own.size(), 2U);  // mean and variance
  copy.graph.value(copy.graph.find_value(copy.own[0].second)).constant->edit<float>()[0] = 7;
  const auto first = [](const Graph& graph, const std::string& name) {
    return graph.value(graph.find_value(name)).constant->view<float>()[0];
  };
  const Graph full = taken_apart(copy, copy.graph, original, false);
  const Graph masked = taken_apart(copy, copy.graph, original, true);
  EXPECT_EQ(first(full, "last.weight"), 42);
  EXPECT_EQ(first(masked, "last.weight"), 42);
  EXPECT_EQ(first(full, copy.own[0].first), first(original, copy.own[0].first));
  EXPECT_EQ(first(masked, copy.own[0].first), 7);
  EXPECT_EQ(full.nodes.size(), original.nodes.size());
}

}  // namespace
}  // namespace pare::testing
