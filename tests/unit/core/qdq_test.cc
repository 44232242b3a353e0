#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

#include "core/passes/pass.h"
#include "tests/support/graphs.h"

namespace pare {
namespace {

using namespace pare::testing;

ValueId scalar_u8(Graph& g, const std::string& name, uint8_t v) {
  return add_constant(g, name, Tensor::scalar<uint8_t>(v));
}
ValueId quantize(Graph& g, const std::string& name, ValueId x, float scale, uint8_t zero) {
  return append(g, OpKind::quantize_linear, name,
                {x, add_constant(g, name + ".scale", floats({}, {scale})), scalar_u8(g, name + ".zero", zero)});
}
ValueId dequantize(Graph& g, const std::string& name, ValueId x, float scale, uint8_t zero) {
  return append(g, OpKind::dequantize_linear, name,
                {x, add_constant(g, name + ".scale", floats({}, {scale})), scalar_u8(g, name + ".zero", zero)});
}

// x -> Q -> DQ -> Conv with an i8 weight per channel and an i32 bias -> y
Graph quantized_conv() {
  Graph g;
  const ValueId x = add_input(g, "x", DType::f32, {1, 1, 4, 4});
  const ValueId fx = dequantize(g, "x_dq", quantize(g, "x_q", x, 0.5F, 128), 0.5F, 128);
  std::vector<int8_t> levels(18);
  for (size_t i = 0; i < levels.size(); ++i) levels[i] = static_cast<int8_t>(14 * static_cast<int>(i) - 128);
  const ValueId w = add_constant(g, "w_q", Tensor::of<int8_t>({2, 1, 3, 3}, levels));
  const ValueId fw =
      append(g, OpKind::dequantize_linear, "w", {w, add_constant(g, "w.scale", floats({2}, {0.1F, 0.3F}))},
             attributes({{"axis", int64_t{0}}}));
  const std::vector<int32_t> bias = {1000, -70000};
  const ValueId b = add_constant(g, "b_q", Tensor::of<int32_t>({2}, bias));
  const ValueId fb = append(g, OpKind::dequantize_linear, "b", {b, add_constant(g, "b.scale", floats({}, {0.05F}))});
  g.outputs = {append(g, OpKind::conv, "y", {fx, fw, fb})};
  verify(g);
  return g;
}

TEST(FoldQdq, MakesEncodingsAndActivationGrids) {
  Graph g = quantized_conv();
  EXPECT_TRUE(fold_qdq(g));
  verify(g);
  ASSERT_EQ(g.nodes.size(), 1u);
  const Value& w = g.value(g.find_value("w"));
  EXPECT_EQ(w.encoding.grid->axis, 0);
  EXPECT_EQ(w.encoding.grid->bits, 8);
  EXPECT_EQ(w.encoding.levels->view<int32_t>()[17], 110);
  EXPECT_EQ(w.constant->view<float>()[17], 110 * 0.3F);
  EXPECT_EQ(g.value(g.find_value("b")).encoding.grid->bits, 32);
  const auto& grid = g.value(g.inputs[0]).activation_grid;
  ASSERT_TRUE(grid);
  EXPECT_FALSE(grid->is_signed);
  EXPECT_EQ(grid->zero_point, std::vector<int32_t>{128});
  EXPECT_FALSE(fold_qdq(g));
}

TEST(FoldQdq, UnfoldGivesTheNodesBack) {
  Graph g = quantized_conv();
  fold_qdq(g);
  const Graph folded = g;
  EXPECT_TRUE(unfold_qdq(g));
  verify(g);
  EXPECT_EQ(count_ops(g, OpKind::dequantize_linear), 3);
  EXPECT_EQ(count_ops(g, OpKind::quantize_linear), 1);
  EXPECT_EQ(g.value(g.find_value("w_quantized")).constant->dtype(), DType::i8);
  fold_qdq(g);
  verify(g);
  ASSERT_EQ(g.nodes.size(), 1u);
  for (const char* name : {"w", "b"}) {
    const Value &now = g.value(g.find_value(name)), &before = folded.value(folded.find_value(name));
    EXPECT_EQ(*now.constant, *before.constant) << name;
    EXPECT_EQ(now.encoding.grid, before.encoding.grid) << name;
    EXPECT_EQ(now.encoding.levels, before.encoding.levels) << name;
  }
  EXPECT_EQ(g.value(g.inputs[0]).activation_grid, folded.value(folded.inputs[0]).activation_grid);
}

TEST(FoldQdq, QuantizesConstantsAsTheNodesWould) {
  Graph g;
  const ValueId x = add_input(g, "x", DType::f32, {4});
  const ValueId w = add_constant(g, "w", floats({4}, {-3, 0.25F, 0.75F, 1000}));  // saturates, and ties go to even
  const ValueId fw = dequantize(g, "w_dq", quantize(g, "w_q", w, 0.5F, 3), 0.5F, 3);
  g.outputs = {append(g, OpKind::add, "y", {x, fw})};
  EXPECT_TRUE(fold_qdq(g));
  verify(g);
  ASSERT_EQ(g.nodes.size(), 1u);
  EXPECT_EQ(*g.constant_input(g.nodes[0], 1), floats({4}, {-1.5F, 0, 1, 126}));
}

TEST(FoldQdq, LeavesPairsThatDoNotAgree) {
  const auto folds = [](const std::function<void(Graph&, ValueId, ValueId)>& change) {
    Graph g;
    const ValueId x = append(g, OpKind::relu, "r", {add_input(g, "x", DType::f32, {4})});
    const ValueId q = quantize(g, "q", x, 0.5F, 3);
    g.outputs = {append(g, OpKind::tanh, "y", {dequantize(g, "dq", q, 0.5F, 3)})};
    change(g, x, q);
    verify(g);
    const bool changed = fold_qdq(g);
    verify(g);
    return changed;
  };
  EXPECT_TRUE(folds([](Graph&, ValueId, ValueId) {}));
  EXPECT_TRUE(folds([](Graph& g, ValueId x, ValueId) {  // a second equal pair
    g.outputs.push_back(append(g, OpKind::relu, "y2", {dequantize(g, "dq2", quantize(g, "q2", x, 0.5F, 3), 0.5F, 3)}));
  }));
  EXPECT_FALSE(folds([](Graph& g, ValueId x, ValueId) { g.outputs.push_back(append(g, OpKind::sigmoid, "y2", {x})); }));
  EXPECT_FALSE(folds([](Graph& g, ValueId x, ValueId) { g.outputs.push_back(x); }));
  EXPECT_FALSE(folds([](Graph& g, ValueId, ValueId q) { g.outputs.push_back(q); }));
  EXPECT_FALSE(folds([](Graph& g, ValueId x, ValueId) {
    g.outputs.push_back(dequantize(g, "dq2", quantize(g, "q2", x, 0.25F, 3), 0.25F, 3));
  }));
  EXPECT_FALSE(folds(
      [](Graph& g, ValueId, ValueId) { g.value(g.find_value("dq.zero")).constant = Tensor::scalar<uint8_t>(4); }));
}

TEST(FoldQdq, OutputsOfPairsKeepTheirName) {
  Graph g;
  const ValueId x = append(g, OpKind::relu, "r", {add_input(g, "x", DType::f32, {4})});
  g.outputs = {dequantize(g, "y", quantize(g, "q", x, 0.5F, 3), 0.5F, 3)};
  EXPECT_TRUE(fold_qdq(g));
  verify(g);
  EXPECT_EQ(g.value(g.outputs[0]).name, "y");
  EXPECT_TRUE(g.value(g.outputs[0]).activation_grid);
  EXPECT_TRUE(unfold_qdq(g));
  verify(g);
  EXPECT_EQ(g.value(g.outputs[0]).name, "y");
  EXPECT_EQ(g.node(g.value(g.outputs[0]).producer).op, OpKind::dequantize_linear);
}

TEST(UnfoldQdq, LeavesWhatNodesCannotSay) {
  Graph g = small_network();
  Value& w = g.value(g.find_value("conv1.weight"));
  Grid grid;
  grid.kind = GridKind::codebook;
  grid.bits = 1;
  grid.codebook = {0, 0.5F};
  w.encoding.grid = grid;
  w.encoding.levels = Tensor(DType::i32, w.constant->shape());
  w.constant = Tensor(DType::f32, w.constant->shape());
  verify(g);
  EXPECT_FALSE(unfold_qdq(g));
}

}  // namespace
}  // namespace pare
