// Gradients of every op that passes one, against central differences of the loss.
#include "tests/ops/op_run.h"

namespace pare::testing {

void check_gradient(OpKind op, const Shape& shape, const std::vector<Tensor>& constants, AttributeList list, double low,
                    double high) {
  const int64_t features = *element_count(shape);
  Random random(3);
  Graph g;
  g.symbols[1] = "N";
  g.next_symbol = 2;
  const ValueId x = add_input(g, "x", DType::f32, {Dim(1), 1});
  const ValueId w = add_constant(g, "w", random_floats({features, 1}, random, low, high));
  const ValueId fed = append(g, OpKind::gemm, "feed", {x, w}, attributes({{"transB", int64_t{1}}}));
  const ValueId shaped = append(g, OpKind::reshape, "shape", {fed, add_constant(g, "to", integers(shape))});
  std::vector<ValueId> inputs{shaped};
  for (size_t i = 0; i < constants.size(); ++i)
    inputs.push_back(constants[i].empty() ? kNoValue : add_constant(g, "c" + std::to_string(i), constants[i]));
  ValueId y = append(g, op, "op", inputs, attributes(list));
  y = append(g, OpKind::reshape, "rows", {y, add_constant(g, "rows.to", integers({1, -1}))});
  const Shape rows = *known_shape(*g.value(y).dims);
  const ValueId head = add_constant(g, "head", random_floats({rows[1], 3}, random));
  g.outputs = {append(g, OpKind::matmul, "logits", {y, head})};
  mark_trainable(g);
  g.value(w).trainable = true;

  const MemoryDataset data({1}, {1.0F}, {1});
  const Evidence evidence = engine().measure(g, data, {.gradient = true}, 1, Progress::quiet());
  const std::vector<float>& gradient = evidence.gradient.at(w);
  const auto loss = [&](size_t i, float by) {
    Graph moved = g;
    moved.value(w).constant->edit<float>()[i] += by;
    return engine().evaluate(moved, data, {}, Progress::quiet()).loss;
  };
  constexpr float kStep = 4e-3F;
  double largest = 0;
  for (size_t i = 0; i < gradient.size(); ++i) {
    const double expected = (loss(i, kStep) - loss(i, -kStep)) / (2 * kStep);
    EXPECT_NEAR(gradient[i], expected, 4e-3 + 0.02 * std::fabs(expected)) << onnx_name(op) << " element " << i;
    largest = std::max(largest, std::fabs(expected));
  }
  EXPECT_GT(largest, 1e-3) << onnx_name(op) << ": no gradient to speak of";
}

namespace {

using Ints = std::vector<int64_t>;

TEST(Gradient, Convolutions) {
  check_gradient(OpKind::conv, {1, 2, 5, 5}, {noise({3, 2, 3, 3}), noise({3}, 2)},
                 {{"pads", Ints{1, 0, 0, 1}}, {"strides", Ints{2, 1}}});
  check_gradient(OpKind::conv, {1, 4, 7}, {noise({4, 2, 2})}, {{"group", int64_t{2}}, {"dilations", Ints{2}}});
}
TEST(Gradient, MatrixProducts) {
  check_gradient(OpKind::gemm, {3, 4}, {noise({4, 2}), noise({2}, 2)}, {{"alpha", 0.5F}, {"beta", 2.0F}});
  check_gradient(OpKind::matmul, {2, 3, 4}, {noise({4, 2})});
}
TEST(Gradient, BatchNormInInferenceForm) {
  check_gradient(OpKind::batch_normalization, {2, 3, 2},
                 {noise({3}, 1, 0.5, 1), noise({3}, 2), noise({3}, 3), noise({3}, 4, 0.5, 2)});
}
TEST(Gradient, Activations) {
  for (const OpKind op :
       {OpKind::relu, OpKind::leaky_relu, OpKind::sigmoid, OpKind::tanh, OpKind::hard_swish, OpKind::identity})
    check_gradient(op, {12});
  check_gradient(OpKind::hard_sigmoid, {12}, {}, {{"alpha", 0.3F}, {"beta", 0.4F}});
  check_gradient(OpKind::clip, {12}, {floats({}, {-0.5F}), floats({}, {0.4F})});
  check_gradient(OpKind::clip, {12}, {kAbsent, floats({}, {0.4F})});
  for (const OpKind op : {OpKind::softmax, OpKind::log_softmax})
    check_gradient(op, {2, 5, 2}, {}, {{"axis", int64_t{1}}});
}
TEST(Gradient, Pools) {
  const AttributeList window = {
      {"kernel_shape", Ints{2, 3}}, {"strides", Ints{2, 1}}, {"pads", Ints{1, 1, 0, 1}}, {"ceil_mode", int64_t{1}}};
  for (const OpKind op : {OpKind::max_pool, OpKind::average_pool}) {
    check_gradient(op, {1, 2, 5, 4}, {}, window);
    check_gradient(op, {1, 2, 8}, {}, {{"kernel_shape", Ints{2}}, {"strides", Ints{2}}});
    check_gradient(op, {1, 2, 6, 6}, {}, {{"kernel_shape", Ints{3, 3}}, {"strides", Ints{1, 1}}});
  }
  check_gradient(OpKind::max_pool, {1, 1, 6, 6}, {}, {{"kernel_shape", Ints{2, 2}}, {"dilations", Ints{2, 2}}});
  check_gradient(OpKind::global_average_pool, {1, 3, 2, 2});
}
TEST(Gradient, Arithmetic) {
  for (const OpKind op : {OpKind::add, OpKind::sub, OpKind::mul}) check_gradient(op, {2, 3}, {noise({3})});
  check_gradient(OpKind::div, {2, 3}, {noise({2, 1}, 5, 0.5, 1)});
  check_gradient(OpKind::reduce_mean, {2, 3, 2}, {}, {{"axes", Ints{1}}, {"keepdims", int64_t{0}}});
}
TEST(Gradient, Shapes) {
  check_gradient(OpKind::transpose, {2, 3}, {}, {{"perm", Ints{1, 0}}});
  check_gradient(OpKind::flatten, {2, 3, 1}, {}, {{"axis", int64_t{2}}});
  check_gradient(OpKind::slice, {5, 2}, {integers({4}), integers({0}), integers({0}), integers({-2})});
  check_gradient(OpKind::gather, {4, 2}, {integers({1, -1, 1})}, {{"axis", int64_t{0}}});
  check_gradient(OpKind::concat, {2, 3}, {noise({2, 1})}, {{"axis", int64_t{1}}});
  for (const char* mode : {"constant", "reflect", "edge"})
    check_gradient(OpKind::pad, {2, 4}, {integers({0, 2, 1, -1})}, {{"mode", std::string(mode)}});
  check_gradient(OpKind::unsqueeze, {4}, {integers({0})});
  check_gradient(OpKind::squeeze, {1, 4}, {integers({0})});
}

}  // namespace
}  // namespace pare::testing
