#include "core/infer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/edit.h"
#include "core/error.h"
#include "tests/support/graphs.h"

namespace pare {
namespace {

using namespace pare::testing;

// Reshape(x, Concat(Gather(Shape(x), 0), -1)): how exporters flatten with a dynamic batch.
Graph flattening() {
  Graph g;
  g.symbols[1] = "N";
  g.next_symbol = 2;
  const ValueId x = add_input(g, "x", DType::f32, {Dim(1, 1), 4, 3});
  const ValueId s = append(g, OpKind::shape, "shape", {x});
  const ValueId n = append(g, OpKind::gather, "batch", {s, add_constant(g, "zero", integers({0}))});
  const ValueId t = append(g, OpKind::concat, "target", {n, add_constant(g, "rest", integers({-1}))},
                           attributes({{"axis", int64_t{0}}}));
  g.outputs = {append(g, OpKind::reshape, "y", {x, t})};
  return g;
}

TEST(Infer, ResolvesShapeChainsWithASymbolicBatch) {
  Graph g = flattening();
  infer_shapes(g);
  EXPECT_EQ(*g.value(g.outputs[0]).dims, (Dims{Dim(1, 1), 12}));
}

TEST(Infer, TwiceChangesNothing) {
  Graph g = flattening();
  infer_shapes(g);
  const Graph once = g;
  infer_shapes(g);
  EXPECT_EQ(g.next_symbol, once.next_symbol);
  for (size_t i = 0; i < g.values.size(); ++i) EXPECT_EQ(g.values[i].dims, once.values[i].dims) << g.values[i].name;
}

TEST(Infer, UnknownOpsLeaveTheirs) {
  Graph g = small_network();
  Node node;
  node.name = "mystery";
  node.type = "Mystery";
  node.domain = "com.example";
  node.inputs = {g.outputs[0]};
  node.outputs = {add_value(g, "m", DType::f16, Dims{3})};
  add_node(g, node);
  const ValueId r = append(g, OpKind::relu, "r", {g.find_value("m")});
  infer_shapes(g);
  EXPECT_EQ(*g.value(g.find_value("m")).dims, Dims{3});
  EXPECT_EQ(*g.value(r).dims, Dims{3});
}

// Behind an op that nobody knows, the weight of a layer says how many channels it reads and of which rank.
TEST(Infer, LayersSayWhatTheyReadBehindUnknownOps) {
  const auto behind_mystery = [](OpKind op, Shape weight, std::vector<std::pair<std::string, int64_t>> attribute) {
    Graph g;
    const ValueId x = add_input(g, "x", DType::f32, {2, 6});
    Node node;
    node.name = "mystery";
    node.type = "Mystery";
    node.domain = "com.example";
    node.inputs = {x};
    node.outputs = {add_value(g, "m", DType::none, {})};
    g.value(node.outputs[0]).dims.reset();
    add_node(g, node);
    Attributes with;
    for (const auto& [name, value] : attribute) with.set(name, value);
    g.outputs = {append(g, op, "y", {g.find_value("m"), add_constant(g, "w", Tensor(DType::f32, weight))}, with)};
    infer_shapes(g);
    std::vector<int64_t> known;  // of the input, then of the output; -1 for what is open
    for (const ValueId v : {g.find_value("m"), g.outputs[0]})
      for (const Dim dim : *g.value(v).dims) known.push_back(dim.known() ? dim.factor : -1);
    return known;
  };
  using ::testing::ElementsAre;
  EXPECT_THAT(behind_mystery(OpKind::conv, {8, 3, 1, 1}, {{"group", 2}}), ElementsAre(-1, 6, -1, -1, -1, 8, -1, -1));
  EXPECT_THAT(behind_mystery(OpKind::conv_transpose, {6, 5, 2, 2}, {}), ElementsAre(-1, 6, -1, -1, -1, 5, -1, -1));
  EXPECT_THAT(behind_mystery(OpKind::gemm, {4, 7}, {}), ElementsAre(-1, 4, -1, 7));
  EXPECT_THAT(behind_mystery(OpKind::gemm, {4, 7}, {{"transB", 1}}), ElementsAre(-1, 7, -1, 4));
}

TEST(Infer, NamesTheNodeThatDoesNotFit) {
  Graph g = small_network();
  Value& w = g.value(g.find_value("fc1.weight"));
  w.constant = w.constant->reshaped({144, 10});
  g.source = "net.onnx";
  try {
    infer_shapes(g);
    FAIL();
  } catch (const Error& e) {
    EXPECT_EQ(e.code(), Code::invalid);
    EXPECT_THAT(e.what(), ::testing::StartsWith("net.onnx: Gemm 'fc1': "));
    EXPECT_THAT(e.what(), ::testing::HasSubstr("[144,10]"));
  }
}

}  // namespace
}  // namespace pare
