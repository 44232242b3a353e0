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
  check_gradient(OpKind::conv_transpose, {1, 2, 3, 3}, {noise({2, 3, 2, 2}), noise({3}, 2)},
                 {{"pads", Ints{1, 0, 0, 0}}, {"strides", Ints{2, 1}}});
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
  for (const OpKind op : {OpKind::elu, OpKind::selu, OpKind::softplus, OpKind::softsign, OpKind::erf, OpKind::mish,
                          OpKind::gelu, OpKind::celu})
    check_gradient(op, {12});
  check_gradient(OpKind::gelu, {12}, {}, {{"approximate", std::string("tanh")}});
  check_gradient(OpKind::celu, {12}, {}, {{"alpha", 0.4F}});
  check_gradient(OpKind::thresholded_relu, {12}, {}, {{"alpha", -2.0F}});
  check_gradient(OpKind::shrink, {12}, {}, {{"lambd", 0.0F}});
  check_gradient(OpKind::prelu, {2, 3}, {noise({3})});
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
  for (const OpKind op : {OpKind::global_average_pool, OpKind::global_max_pool, OpKind::global_lp_pool})
    check_gradient(op, {1, 3, 2, 2});
  check_gradient(OpKind::lp_pool, {1, 2, 5, 4}, {}, {{"kernel_shape", Ints{2, 3}}, {"pads", Ints{1, 1, 0, 1}}});
  check_gradient(OpKind::lp_pool, {1, 2, 6}, {},
                 {{"kernel_shape", Ints{2}}, {"dilations", Ints{2}}, {"p", int64_t{3}}});
}
TEST(Gradient, Functions) {
  for (const OpKind op :
       {OpKind::exp, OpKind::neg, OpKind::sin, OpKind::cos, OpKind::tan, OpKind::atan, OpKind::sinh, OpKind::asinh})
    check_gradient(op, {8});
  for (const OpKind op : {OpKind::sqrt, OpKind::log, OpKind::reciprocal, OpKind::abs, OpKind::cosh})
    check_gradient(op, {8}, {}, {}, 0.4, 2);
  for (const OpKind op : {OpKind::asin, OpKind::acos, OpKind::atanh}) check_gradient(op, {8}, {}, {}, -0.7, 0.7);
  check_gradient(OpKind::acosh, {8}, {}, {}, 1.3, 3);
}
TEST(Gradient, Arithmetic) {
  for (const OpKind op : {OpKind::add, OpKind::sub, OpKind::mul}) check_gradient(op, {2, 3}, {noise({3})});
  check_gradient(OpKind::div, {2, 3}, {noise({2, 1}, 5, 0.5, 1)});
  check_gradient(OpKind::reduce_mean, {2, 3, 2}, {}, {{"axes", Ints{1}}, {"keepdims", int64_t{0}}});
  for (const OpKind op : {OpKind::sum, OpKind::mean, OpKind::min, OpKind::max})
    check_gradient(op, {2, 3}, {noise({3}, 7)});
  check_gradient(OpKind::pow, {2, 3}, {floats({}, {2})});
}
TEST(Gradient, Reductions) {
  for (const OpKind op : {OpKind::reduce_max, OpKind::reduce_min, OpKind::reduce_prod, OpKind::reduce_l1,
                          OpKind::reduce_l2, OpKind::reduce_sum_square, OpKind::reduce_log_sum_exp})
    check_gradient(op, {2, 3, 2}, {}, {{"axes", Ints{1}}});
  check_gradient(OpKind::reduce_log_sum, {2, 3}, {}, {{"axes", Ints{1}}}, 0.2, 1);
  check_gradient(OpKind::reduce_sum, {2, 3}, {integers({1})}, {{"keepdims", int64_t{0}}});
  check_gradient(OpKind::cum_sum, {2, 4}, {Tensor::scalar(int64_t{1})}, {{"reverse", int64_t{1}}});
}
TEST(Gradient, NormsOfNothingButZerosAreFlat) {
  Graph g = one_op(OpKind::gemm, {floats({2, 3}, {0, 0, 0, 1, 2, 2}), floats({3, 3}, {1, 0, 0, 0, 1, 0, 0, 0, 1})});
  const ValueId w = g.nodes[0].inputs[1];
  g.value(w).trainable = true;
  ValueId y = append(g, OpKind::reduce_l2, "norm", {g.outputs[0]}, attributes({{"axes", Ints{1}}}));
  g.outputs = {append(g, OpKind::concat, "logits", {y, y}, attributes({{"axis", int64_t{1}}}))};
  const MemoryDataset data({3}, {0, 0, 0, 1, 2, 2}, {0, 1});
  const Evidence evidence = engine().measure(g, data, {.gradient = true}, 1, Progress::quiet());
  for (const float element : evidence.gradient.at(w)) EXPECT_TRUE(std::isfinite(element));
}
TEST(Gradient, Norms) {
  check_gradient(OpKind::instance_normalization, {2, 2, 4}, {noise({2}, 1, 0.5, 1), noise({2}, 2)});
  check_gradient(OpKind::layer_normalization, {3, 4}, {noise({4}, 1, 0.5, 1), noise({4}, 2)});
  check_gradient(OpKind::group_normalization, {1, 4, 3}, {noise({4}, 1, 0.5, 1), noise({4}, 2)},
                 {{"num_groups", int64_t{2}}});
  check_gradient(OpKind::mean_variance_normalization, {2, 6}, {}, {{"axes", Ints{1}}});
  check_gradient(OpKind::lp_normalization, {3, 4}, {}, {{"axis", int64_t{0}}});
  check_gradient(OpKind::lrn, {1, 4, 2, 2}, {}, {{"size", int64_t{3}}, {"alpha", 0.9F}});
}
TEST(Gradient, Resizes) {
  const Tensor scales = floats({4}, {1, 1, 1.6F, 2}), smaller = floats({4}, {1, 1, 0.6F, 0.5F});
  for (const char* mode : {"nearest", "linear", "cubic"})
    check_gradient(OpKind::resize, {1, 2, 3, 4}, {kAbsent, scales}, {{"mode", std::string(mode)}});
  for (const char* mode : {"linear", "cubic"})
    check_gradient(OpKind::resize, {1, 1, 5, 4}, {kAbsent, smaller},
                   {{"mode", std::string(mode)}, {"antialias", int64_t{1}}});
  check_gradient(
      OpKind::resize, {1, 1, 4, 4},
      {floats({8}, {0, 0, 0.1F, -0.2F, 1, 1, 0.8F, 1.1F}), kAbsent, integers({1, 1, 3, 5})},
      {{"mode", std::string("linear")}, {"coordinate_transformation_mode", std::string("tf_crop_and_resize")}});
}
TEST(Gradient, RecurrentOps) {
  const auto weights = [](int64_t gates) {
    return std::vector<Tensor>{noise({1, gates * 2, 3}, 1), noise({1, gates * 2, 2}, 2), noise({1, gates * 4}, 3)};
  };
  check_gradient(OpKind::rnn, {3, 2, 3}, weights(1), {{"hidden_size", int64_t{2}}});
  check_gradient(OpKind::lstm, {3, 2, 3}, weights(4), {{"hidden_size", int64_t{2}}});
  check_gradient(OpKind::gru, {3, 2, 3}, weights(3), {{"hidden_size", int64_t{2}}});
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
  check_gradient(OpKind::expand, {2, 1, 2}, {integers({2, 3, 1})});
  check_gradient(OpKind::tile, {2, 2}, {integers({2, 1})});
  check_gradient(OpKind::depth_to_space, {1, 4, 2, 2}, {}, {{"blocksize", int64_t{2}}});
  check_gradient(OpKind::space_to_depth, {1, 1, 4, 2}, {}, {{"blocksize", int64_t{2}}});
  check_gradient(OpKind::trilu, {3, 3});
  check_gradient(OpKind::einsum, {2, 3}, {noise({3, 2})}, {{"equation", std::string("ij,jk->ki")}});
  const Tensor places = Tensor::of<int64_t>({2, 2}, Ints{0, 1, 1, -1});
  check_gradient(OpKind::gather_elements, {2, 3}, {places}, {{"axis", int64_t{1}}});
  check_gradient(OpKind::gather_nd, {2, 3}, {places});
  for (const char* reduction : {"none", "add"})
    check_gradient(OpKind::scatter_nd, {2, 3}, {places, noise({2})}, {{"reduction", std::string(reduction)}});
  check_gradient(OpKind::scatter_elements, {2, 3}, {places, noise({2, 2})}, {{"axis", int64_t{1}}});
  check_gradient(OpKind::reverse_sequence, {3, 2}, {integers({2, 3})});
}

}  // namespace
}  // namespace pare::testing
