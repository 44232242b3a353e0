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
