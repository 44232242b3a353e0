// Shapes survive the way through a file, also those with nothing in them.
#include <gtest/gtest.h>

#include "core/edit.h"
#include "core/onnx/onnx.h"

namespace pare {
namespace {

TEST(OnnxShape, KeepsScalarsAndDimensionsOfAnySize) {
  Graph graph;
  graph.symbols[1] = "N";
  graph.next_symbol = 4;
  const ValueId scalar = add_input(graph, "scalar", DType::f32, {});
  const ValueId open = add_input(graph, "open", DType::f32, {Dim(1, 1), Dim(1, 2), Dim(48), Dim(2, 3)});
  graph.outputs = {append(graph, OpKind::add, "sum", {scalar, open})};
  const Graph read = parse_onnx(serialize_onnx(graph), "test");
  EXPECT_EQ(read.value(read.inputs[0]).dims, Dims{});
  const std::optional<Dims>& dims = read.value(read.inputs[1]).dims;
  ASSERT_TRUE(dims && dims->size() == 4);
  EXPECT_EQ(read.symbols.at((*dims)[0].symbol), "N");
  EXPECT_FALSE((*dims)[1].known());
  EXPECT_EQ((*dims)[2], Dim(48));
  EXPECT_FALSE((*dims)[3].known());
}

}  // namespace
}  // namespace pare
