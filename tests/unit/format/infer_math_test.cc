// Products, element-wise ops, normalizations, reductions, quantization.
#include "infer_case.h"

namespace pare::testing {
namespace {

TEST(InferGemm, MultipliesMatrices) {
  EXPECT_EQ(infer("Gemm", {}, "f32[N,800] f32[800,500] f32[500]"), "f32[N,500]");
  EXPECT_EQ(infer("Gemm", {{"transB", 1}}, "f32[N,800] f32[500,800]"), "f32[N,500]");
  EXPECT_EQ(infer("Gemm", {{"transA", 1}}, "f32[800,4] f32[800,500] f32[4,1]"), "f32[4,500]");
  EXPECT_EQ(infer("Gemm", {}, "f32[N,800] f32?"), "f32[N,?]");
  EXPECT_EQ(infer("Gemm", {}, "f32[N,800] f32[801,500]"), "invalid: the inner dimensions of the product differ");
  EXPECT_EQ(infer("Gemm", {}, "f32[N,800] f32[800,500] f32[400]"), "invalid: C does not broadcast to the product");
  EXPECT_EQ(infer("Gemm", {}, "f32[N,8,100] f32[800,500]"), "invalid: Gemm multiplies matrices");
}

TEST(InferMatMul, FollowsNumpy) {
  EXPECT_EQ(infer("MatMul", {}, "f32[N,8] f32[8,5]"), "f32[N,5]");
  EXPECT_EQ(infer("MatMul", {}, "f32[N,4,6,8] f32[4,8,5]"), "f32[N,4,6,5]");
  EXPECT_EQ(infer("MatMul", {}, "f32[N,1,6,8] f32[7,8,5]"), "f32[N,7,6,5]");
  EXPECT_EQ(infer("MatMul", {}, "f32[8] f32[8,5]"), "f32[5]");
  EXPECT_EQ(infer("MatMul", {}, "f32[N,8] f32[8]"), "f32[N]");
  EXPECT_EQ(infer("MatMul", {}, "f32[8] f32[8]"), "f32[]");
  EXPECT_EQ(infer("MatMul", {}, "f32[3,4,8] f32[8]"), "f32[3,4]");
  EXPECT_EQ(infer("MatMul", {}, "f32[8] f32[3,8,4]"), "f32[3,4]");
  EXPECT_TRUE(is_invalid(infer("MatMul", {}, "f32[] f32[8]")));
  EXPECT_TRUE(is_invalid(infer("MatMul", {}, "f32[N,8] f32[7,5]")));
  EXPECT_TRUE(is_invalid(infer("MatMul", {}, "f32[2,3,8] f32[3,8,5]")));
  EXPECT_TRUE(is_invalid(infer("MatMul", {}, "u8[2,8] u8[8,5]")));
}

TEST(InferUnary, KeepsShapeAndType) {
  for (const char* op : {"Relu", "LeakyRelu", "Sigmoid", "Tanh", "Clip", "HardSwish", "HardSigmoid", "Softmax",
                         "LogSoftmax", "Identity", "Dropout"}) {
    EXPECT_EQ(infer(op, {}, "f32[N,3,8]"), "f32[N,3,8]") << op;
    EXPECT_EQ(infer(op, {}, "f16?"), "f16?") << op;
    EXPECT_EQ(infer(op, {}, "?"), "??") << op;
    EXPECT_TRUE(is_invalid(infer(op, {}, ""))) << op;
    EXPECT_TRUE(is_invalid(infer(op, {}, "-"))) << op;
  }
  for (const char* op : {"LeakyRelu", "Sigmoid", "Tanh", "HardSwish", "HardSigmoid", "Softmax"})
    EXPECT_TRUE(is_invalid(infer(op, {}, "i32[4]"))) << op;
  EXPECT_EQ(infer("Relu", {}, "i32[4]"), "i32[4]");
  EXPECT_TRUE(is_invalid(infer("Relu", {}, "bool[4]")));
}

TEST(InferBinary, Broadcasts) {
  for (const char* op : {"Add", "Sub", "Mul", "Div"}) {
    EXPECT_EQ(infer(op, {}, "f32[N,3,8] f32[8]"), "f32[N,3,8]") << op;
    EXPECT_EQ(infer(op, {}, "f32[3,1] f32[N,1,8]"), "f32[N,3,8]") << op;
    EXPECT_EQ(infer(op, {}, "f32[N,M] f32[1,4]"), "f32[N,4]") << op;
    EXPECT_EQ(infer(op, {}, "f32[N] f32[M]"), "f32[?]") << op;
    EXPECT_EQ(infer(op, {}, "f32[] f32[0]"), "f32[0]") << op;
    EXPECT_EQ(infer(op, {}, "f32[] f32?"), "f32?") << op;
    EXPECT_TRUE(is_invalid(infer(op, {}, "f32[3] f32[4]"))) << op;
    EXPECT_TRUE(is_invalid(infer(op, {}, "f32[3] i64[3]"))) << op;
    EXPECT_TRUE(is_invalid(infer(op, {}, "f32[4611686018427387904,1] f32[4]"))) << op;
  }
}

TEST(InferBinary, ComputesSmallIntegers) {
  EXPECT_EQ(infer("Add", {}, "i64[2]{N,3} i64[2]{N,4}"), "i64[2]{2N,7}");
  EXPECT_EQ(infer("Sub", {}, "i64[2]{N,3} i64[]{1}"), "i64[2]{?,2}");
  EXPECT_EQ(infer("Mul", {}, "i64[2]{N,3} i64[1]{4}"), "i64[2]{4N,12}");
  EXPECT_EQ(infer("Div", {}, "i64[3]{4N,-7,N} i64[]{2}"), "i64[3]{2N,-3,?}");
  EXPECT_EQ(infer("Div", {}, "i64[1]{N} i64[]{0}"), "i64[1]");
  EXPECT_EQ(infer("Div", {}, "i64[]{-9223372036854775808} i64[]{-1}"), "i64[]");
  EXPECT_EQ(infer("Mul", {}, "i64[]{9223372036854775807} i64[]{2}"), "i64[]");
  EXPECT_EQ(infer("Add", {}, "i64[]{9223372036854775807} i64[]{2}"), "i64[]");
  EXPECT_EQ(infer("Sub", {}, "i64[]{2} i64[]{-9223372036854775808}"), "i64[]");
}

TEST(InferClip, TakesScalarBounds) {
  EXPECT_EQ(infer("Clip", {}, "f32[N,3] - f32[]"), "f32[N,3]");
  EXPECT_EQ(infer("Clip", {}, "f32[N,3] f32[1] f32[]"), "f32[N,3]");
  EXPECT_TRUE(is_invalid(infer("Clip", {}, "f32[N,3] f32[3]")));
  EXPECT_TRUE(is_invalid(infer("Clip", {}, "f32[N,3] f64[]")));
}

TEST(InferSoftmax, ChecksTheAxis) {
  EXPECT_EQ(infer("Softmax", {{"axis", -3}}, "f32[N,3,8]"), "f32[N,3,8]");
  EXPECT_TRUE(is_invalid(infer("Softmax", {{"axis", 3}}, "f32[N,3,8]")));
  EXPECT_TRUE(is_invalid(infer("LogSoftmax", {{"axis", -4}}, "f32[N,3,8]")));
  EXPECT_TRUE(is_invalid(infer("LogSoftmax", {}, "f32[]")));
}

TEST(InferBatchNormalization, NeedsOneParameterPerChannel) {
  EXPECT_EQ(infer("BatchNormalization", {}, "f32[N,3,8,8] f32[3] f32[3] f32[3] f32[3]"), "f32[N,3,8,8]");
  EXPECT_EQ(infer("BatchNormalization", {}, "f32[N,M,8,8] f32[3] f32[3] f32[3] f32[3]"), "f32[N,3,8,8]");
  EXPECT_EQ(infer("BatchNormalization", {{"training_mode", 1}}, "f32? f32[3] f32? f32? f32[3]", 3),
            "f32? f32[3] f32[3]");
  EXPECT_TRUE(is_invalid(infer("BatchNormalization", {}, "f32[N,3] f32[3] f32[3] f32[3] f32[3]", 3)));
  EXPECT_TRUE(is_invalid(infer("BatchNormalization", {}, "f32[N,3,8,8] f32[3] f32[3] f32[4] f32[3]")));
  EXPECT_TRUE(is_invalid(infer("BatchNormalization", {}, "f32[N,3,8,8] f32[3] f32[3] f32[3]")));
}

TEST(InferReduceMean, DropsOrKeepsAxes) {
  EXPECT_EQ(infer("ReduceMean", {}, "f32[N,3,8]"), "f32[1,1,1]");
  EXPECT_EQ(infer("ReduceMean", {{"keepdims", 0}}, "f32[N,3,8]"), "f32[]");
  EXPECT_EQ(infer("ReduceMean", {{"axes", Ints{-1, 1}}}, "f32[N,3,8]"), "f32[N,1,1]");
  EXPECT_EQ(infer("ReduceMean", {{"axes", Ints{2, 1}}, {"keepdims", 0}}, "f32[N,3,8]"), "f32[N]");
  EXPECT_TRUE(is_invalid(infer("ReduceMean", {{"axes", Ints{1, -2}}}, "f32[N,3,8]")));
  EXPECT_TRUE(is_invalid(infer("ReduceMean", {{"axes", Ints{INT64_MIN}}}, "f32[N,3,8]")));
}

TEST(InferDropout, GivesAMask) {
  EXPECT_EQ(infer("Dropout", {}, "f32[N,3] f32[] bool[]", 2), "f32[N,3] bool[N,3]");
  EXPECT_TRUE(is_invalid(infer("Dropout", {}, "f32[N,3] f32[] f32[]")));
}

TEST(InferQuantizeLinear, TakesTheTypeOfTheZeroPoint) {
  EXPECT_EQ(infer("QuantizeLinear", {}, "f32[N,3,8] f32[]"), "u8[N,3,8]");
  EXPECT_EQ(infer("QuantizeLinear", {}, "f32[N,3,8] f32[3] i8[3]"), "i8[N,3,8]");
  EXPECT_EQ(infer("QuantizeLinear", {{"axis", 0}}, "f32[4] f32[1] u8[1]"), "u8[4]");
  EXPECT_EQ(infer("QuantizeLinear", {{"axis", 7}}, "f32[4] f32[]"), "u8[4]");
  EXPECT_TRUE(is_invalid(infer("QuantizeLinear", {{"axis", 7}}, "f32[4] f32[4]")));
  EXPECT_TRUE(is_invalid(infer("QuantizeLinear", {}, "f32[N,3,8] f32[8]")));
  EXPECT_TRUE(is_invalid(infer("QuantizeLinear", {}, "f32[N,3,8] f32[3] i8[]")));
  EXPECT_TRUE(is_invalid(infer("QuantizeLinear", {}, "f32[N,3,8] f32[3] i32[3]")));
  EXPECT_TRUE(is_invalid(infer("QuantizeLinear", {}, "f32[N,3,8] f32[3,8]")));
}

TEST(InferDequantizeLinear, GivesFloats) {
  EXPECT_EQ(infer("DequantizeLinear", {}, "i8[N,3,8] f32[3] i8[3]"), "f32[N,3,8]");
  EXPECT_EQ(infer("DequantizeLinear", {{"axis", -1}}, "i32[N,3,8] f32[8]"), "f32[N,3,8]");
  EXPECT_TRUE(is_invalid(infer("DequantizeLinear", {}, "i8[N,3,8] f32[3] u8[3]")));
  EXPECT_TRUE(is_invalid(infer("DequantizeLinear", {}, "f32[N,3,8] f32[3]")));
}

TEST(InferCast, MapsTypes) {
  EXPECT_EQ(infer("Cast", {{"to", 10}}, "f32[N,3]"), "f16[N,3]");
  EXPECT_EQ(infer("Cast", {{"to", 7}}, "i32[2]{N,3}"), "i64[2]{N,3}");
  EXPECT_EQ(infer("Cast", {{"to", 6}}, "i64[2]{N,4294967296}"), "i32[2]");
  EXPECT_EQ(infer("Cast", {{"to", 1}}, "i64[2]{N,3}"), "f32[2]");
  EXPECT_EQ(infer("Cast", {{"to", 8}}, "i64[2]"), "?[2]");
  for (const int64_t to : {int64_t{0}, int64_t{17}, int64_t{-1}, INT64_MAX})
    EXPECT_TRUE(is_invalid(infer("Cast", {{"to", to}}, "f32[2]"))) << to;
  EXPECT_TRUE(is_invalid(infer("Cast", {}, "f32[2]")));
}

}  // namespace
}  // namespace pare::testing
