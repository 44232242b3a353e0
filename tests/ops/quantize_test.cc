// QuantizeLinear, DequantizeLinear, and activation grids, which mean the same pair.
#include "tests/ops/op_run.h"

namespace pare::testing {
namespace {

using ::testing::ElementsAre;

Tensor row(const std::vector<float>& values) { return floats({static_cast<int64_t>(values.size())}, values); }
template <class T>
Tensor typed(Shape shape, const std::vector<T>& values) {
  return Tensor::of<T>(std::move(shape), values);
}

TEST(Quantize, RoundsHalfToEvenAndSaturates) {
  const Tensor scale = floats({}, {2}), zero = typed<uint8_t>({}, {10});
  EXPECT_THAT(elements<uint8_t>(run_op(OpKind::quantize_linear, {row({0, 1, 3, 5, -100, 1000}), scale, zero})),
              ElementsAre(10, 10, 12, 12, 0, 255));
  EXPECT_THAT(
      elements<int8_t>(run_op(OpKind::quantize_linear, {row({-1, -3, 1000, -1000}), scale, typed<int8_t>({}, {0})})),
      ElementsAre(0, -2, 127, -128));
  EXPECT_THAT(elements<uint8_t>(run_op(OpKind::quantize_linear, {row({-1, 4}), scale})), ElementsAre(0, 2));
}

TEST(Quantize, PerAxis) {
  const Tensor x = floats({2, 2}, {1, 2, 3, 4});
  EXPECT_THAT(elements<uint8_t>(run_op(OpKind::quantize_linear, {x, row({1, 2}), typed<uint8_t>({2}, {0, 1})})),
              ElementsAre(1, 2, 3, 3));
  EXPECT_THAT(elements<uint8_t>(run_op(OpKind::quantize_linear, {x, row({1, 2}), typed<uint8_t>({2}, {0, 1})},
                                       {{"axis", int64_t{0}}})),
              ElementsAre(1, 2, 3, 3));
}

TEST(Quantize, Dequantize) {
  const Tensor levels = typed<int8_t>({2, 2}, {-128, 0, 1, 127});
  EXPECT_THAT(elements(run_op(OpKind::dequantize_linear, {levels, floats({}, {0.5F}), typed<int8_t>({}, {1})})),
              ElementsAre(-64.5F, -0.5F, 0, 63));
  EXPECT_THAT(elements(run_op(OpKind::dequantize_linear, {levels, row({1, 2})}, {{"axis", int64_t{1}}})),
              ElementsAre(-128, 0, 1, 254));
}

// x -> fc (trainable, weight 1) -> grid -> logits; the grid given as an encoding or as a pair of nodes.
Graph quantized(bool as_nodes, float weight) {
  Graph g;
  const ValueId x = add_input(g, "x", DType::f32, {1, 1});
  const ValueId w = add_constant(g, "w", floats({1, 2}, {weight, weight / 2}));
  ValueId y = append(g, OpKind::matmul, "fc", {x, w});
  if (as_nodes) {
    const ValueId s = add_constant(g, "s", floats({}, {0.25F})), z = add_constant(g, "z", typed<int8_t>({}, {2}));
    y = append(g, OpKind::dequantize_linear, "dq", {append(g, OpKind::quantize_linear, "q", {y, s, z}), s, z});
  } else {
    Grid grid;
    grid.scale = {0.25F};
    grid.zero_point = {2};
    g.value(y).activation_grid = grid;
  }
  g.outputs = {append(g, OpKind::mul, "logits", {y, add_constant(g, "one", row({1, -1}))})};
  g.value(w).trainable = true;
  return g;
}

TEST(Quantize, AnActivationGridMeansTheSameAsItsNodes) {
  const std::vector<Tensor> in{floats({1, 1}, {0.9F})};
  for (const float w : {0.3F, -1.7F, 100.0F})
    EXPECT_EQ(engine().run(quantized(true, w), in)[0], engine().run(quantized(false, w), in)[0]) << w;
}

TEST(Quantize, GradientsGoStraightThroughInsideTheRange) {
  const MemoryDataset data({1}, {1.0F}, {0});
  for (const bool as_nodes : {true, false}) {
    const Graph inside = quantized(as_nodes, 1.0F), outside = quantized(as_nodes, 100.0F);
    const auto gradient = [&](const Graph& g) {
      return engine().measure(g, data, {.gradient = true}, 1, Progress::quiet()).gradient.begin()->second;
    };
    // softmax of (1, -0.5): p = 1 / (1 + e^-1.5); d loss / d logit0 = p - 1.
    const float p = 1 / (1 + std::exp(-1.5F));
    EXPECT_NEAR(gradient(inside)[0], p - 1, 1e-5);
    EXPECT_EQ(gradient(outside)[0], 0);
  }
}

}  // namespace
}  // namespace pare::testing
