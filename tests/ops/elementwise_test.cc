// Element-wise ops, matrix products, normalization and casts: values known from the ONNX text.
#include "tests/ops/op_run.h"

namespace pare::testing {
namespace {

using Ints = std::vector<int64_t>;
using ::testing::ElementsAre;
using ::testing::FloatNear;
using ::testing::Pointwise;

Tensor row(const std::vector<float>& values) { return floats({static_cast<int64_t>(values.size())}, values); }

TEST(Elementwise, Activations) {
  const Tensor x = row({-4, -1, 0, 0.5F, 4});
  EXPECT_THAT(elements(run_op(OpKind::relu, {x})), ElementsAre(0, 0, 0, 0.5F, 4));
  EXPECT_THAT(elements(run_op(OpKind::leaky_relu, {x})),
              Pointwise(FloatNear(1e-6F), {-0.04F, -0.01F, 0.0F, 0.5F, 4.0F}));
  EXPECT_THAT(elements(run_op(OpKind::leaky_relu, {x}, {{"alpha", 0.5F}})), ElementsAre(-2, -0.5F, 0, 0.5F, 4));
  EXPECT_THAT(elements(run_op(OpKind::hard_sigmoid, {x})), Pointwise(FloatNear(1e-6F), {0.0F, 0.3F, 0.5F, 0.6F, 1.0F}));
  EXPECT_THAT(elements(run_op(OpKind::hard_sigmoid, {x}, {{"alpha", 0.1F}, {"beta", 0.2F}})),
              Pointwise(FloatNear(1e-6F), {0.0F, 0.1F, 0.2F, 0.25F, 0.6F}));
  EXPECT_THAT(elements(run_op(OpKind::hard_swish, {x})),
              Pointwise(FloatNear(1e-6F), {0.0F, -1.0F / 3, 0.0F, 0.5F * (3.5F / 6), 4.0F}));
  EXPECT_THAT(elements(run_op(OpKind::sigmoid, {row({0, 1})})),
              Pointwise(FloatNear(1e-6F), {0.5F, 1 / (1 + std::exp(-1.0F))}));
  EXPECT_THAT(elements(run_op(OpKind::tanh, {row({0, 1})})), Pointwise(FloatNear(1e-6F), {0.0F, std::tanh(1.0F)}));
}

TEST(Elementwise, ClipBoundsMayBeAbsent) {
  const Tensor x = row({-4, 0, 4}), low = floats({}, {-1}), high = floats({}, {2});
  EXPECT_THAT(elements(run_op(OpKind::clip, {x, low, high})), ElementsAre(-1, 0, 2));
  EXPECT_THAT(elements(run_op(OpKind::clip, {x, low})), ElementsAre(-1, 0, 4));
  EXPECT_THAT(elements(run_op(OpKind::clip, {x, kAbsent, high})), ElementsAre(-4, 0, 2));
  EXPECT_THAT(elements(run_op(OpKind::clip, {x})), ElementsAre(-4, 0, 4));
}

TEST(Elementwise, SoftmaxOverAnyAxis) {
  const Tensor x = floats({2, 2}, {0, std::log(3.0F), 0, 0});
  EXPECT_THAT(elements(run_op(OpKind::softmax, {x})), Pointwise(FloatNear(1e-6F), {0.25F, 0.75F, 0.5F, 0.5F}));
  EXPECT_THAT(elements(run_op(OpKind::softmax, {x}, {{"axis", int64_t{0}}})),
              Pointwise(FloatNear(1e-6F), {0.5F, 0.75F, 0.5F, 0.25F}));
  EXPECT_THAT(elements(run_op(OpKind::log_softmax, {x}, {{"axis", int64_t{-1}}})),
              Pointwise(FloatNear(1e-6F), {std::log(0.25F), std::log(0.75F), std::log(0.5F), std::log(0.5F)}));
}

TEST(Elementwise, ArithmeticBroadcasts) {
  const Tensor a = floats({2, 1}, {6, 8}), b = row({2, 4});
  EXPECT_THAT(elements(run_op(OpKind::add, {a, b})), ElementsAre(8, 10, 10, 12));
  EXPECT_THAT(elements(run_op(OpKind::sub, {a, b})), ElementsAre(4, 2, 6, 4));
  EXPECT_THAT(elements(run_op(OpKind::mul, {a, b})), ElementsAre(12, 24, 16, 32));
  EXPECT_THAT(elements(run_op(OpKind::div, {a, b})), ElementsAre(3, 1.5F, 4, 2));
}

TEST(Elementwise, IntegersDivideTowardZero) {
  EXPECT_THAT(elements<int64_t>(run_op(OpKind::div, {integers({7, -7, 6}), integers({2, 2, 3})})),
              ElementsAre(3, -3, 2));
}

TEST(Elementwise, ReduceMean) {
  const Tensor x = ramp({2, 3});
  EXPECT_THAT(elements(run_op(OpKind::reduce_mean, {x})), ElementsAre(2.5F));
  EXPECT_EQ(run_op(OpKind::reduce_mean, {x}).shape(), (Shape{1, 1}));
  EXPECT_THAT(elements(run_op(OpKind::reduce_mean, {x}, {{"axes", Ints{-1}}, {"keepdims", int64_t{0}}})),
              ElementsAre(1, 4));
  EXPECT_THAT(elements(run_op(OpKind::reduce_mean, {x}, {{"axes", Ints{0}}})), ElementsAre(1.5F, 2.5F, 3.5F));
}

TEST(Elementwise, GemmScalesAndTransposes) {
  const Tensor a = floats({2, 3}, {1, 2, 3, 4, 5, 6}), b = floats({3, 2}, {1, 0, 0, 1, 1, 1});
  EXPECT_THAT(elements(run_op(OpKind::gemm, {a, b})), ElementsAre(4, 5, 10, 11));
  EXPECT_THAT(elements(run_op(OpKind::gemm, {a, b, row({10, 20})}, {{"alpha", 2.0F}, {"beta", 0.5F}})),
              ElementsAre(13, 20, 25, 32));
  const Tensor at = floats({3, 2}, {1, 4, 2, 5, 3, 6}), bt = floats({2, 3}, {1, 0, 1, 0, 1, 1});
  EXPECT_THAT(elements(run_op(OpKind::gemm, {at, bt, floats({2, 1}, {100, 200})},
                              {{"transA", int64_t{1}}, {"transB", int64_t{1}}})),
              ElementsAre(104, 105, 210, 211));
}

TEST(Elementwise, MatMulBroadcastsBatches) {
  EXPECT_THAT(elements(run_op(OpKind::matmul, {ramp({2, 1, 2}), floats({2, 1}, {1, 10})})), ElementsAre(10, 32));
  EXPECT_THAT(elements(run_op(OpKind::matmul, {ramp({3}), ramp({3})})), ElementsAre(5));
}

TEST(Elementwise, BatchNormUsesItsStatistics) {
  const Tensor y = run_op(OpKind::batch_normalization,
                          {floats({1, 2, 2}, {1, 3, 10, 20}), row({2, 1}), row({1, 0}), row({1, 10}), row({4, 25})},
                          {{"epsilon", 0.0F}});
  EXPECT_THAT(elements(y), Pointwise(FloatNear(1e-5F), {1.0F, 3.0F, 0.0F, 2.0F}));
}

TEST(Elementwise, DropoutIsIdentityWhenNotTraining) {
  EXPECT_THAT(elements(run_op(OpKind::dropout, {row({1, 2}), floats({}, {0.9F})})), ElementsAre(1, 2));
}

TEST(Elementwise, CastsTruncateAndRound) {
  EXPECT_THAT(elements<int64_t>(run_op(OpKind::cast, {row({-1.7F, 1.7F, 2})}, {{"to", int64_t{7}}})),
              ElementsAre(-1, 1, 2));
  EXPECT_THAT(elements<uint8_t>(run_op(OpKind::cast, {row({3.9F, 255})}, {{"to", int64_t{2}}})), ElementsAre(3, 255));
  EXPECT_THAT(elements(run_op(OpKind::cast, {integers({1, -2})}, {{"to", int64_t{1}}})), ElementsAre(1, -2));
  EXPECT_THAT(elements<bool>(run_op(OpKind::cast, {row({0, 0.5F})}, {{"to", int64_t{9}}})), ElementsAre(false, true));
  const Tensor half = run_op(OpKind::cast, {row({1.0F / 3})}, {{"to", int64_t{10}}});
  EXPECT_EQ(half.dtype(), DType::f16);
  EXPECT_EQ(half.view<uint16_t>()[0], f32_to_f16(1.0F / 3));
}

TEST(Elementwise, FloatsOfAnyWidthComputeInF32) {
  Graph graph = one_op(OpKind::add, {cast(row({1, 2}), DType::f64), cast(row({0.5F, 0.5F}), DType::f64)});
  const std::vector<Tensor> in{cast(row({1, 2}), DType::f64)};
  const Tensor y = engine().run(graph, in)[0];
  EXPECT_EQ(y.dtype(), DType::f64);
  EXPECT_EQ(cast(y, DType::f32), row({1.5F, 2.5F}));
}

}  // namespace
}  // namespace pare::testing
