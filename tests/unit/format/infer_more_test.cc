// Quantized products, counts, and ops whose result depends on the data.
#include "infer_case.h"

namespace pare::testing {
namespace {

TEST(InferIntegerProducts, LikeThoseOfFloats) {
  EXPECT_EQ(infer("MatMulInteger", {}, "u8[N,4,6] i8[6,5]"), "i32[N,4,5]");
  EXPECT_EQ(infer("MatMulInteger", {}, "u8[4,6] i8[6,5] u8[4] i8[5]"), "i32[4,5]");
  EXPECT_EQ(infer("ConvInteger", {}, "u8[N,2,8,8] u8[3,2,3,3] u8[] u8[3]"), "i32[N,3,6,6]");
  EXPECT_EQ(infer("QLinearMatMul", {}, "u8[N,6] f32[] u8[] i8[6,5] f32[5] i8[5] f32[] i8[]"), "i8[N,5]");
  EXPECT_EQ(
      infer("QLinearConv", {{"pads", Ints{1, 1}}}, "u8[N,2,8] f32[] u8[] i8[3,2,3] f32[3] i8[3] f32[] u8[] i32[3]"),
      "u8[N,3,8]");
  EXPECT_TRUE(is_invalid(infer("MatMulInteger", {}, "f32[4,6] u8[6,5]")));
  EXPECT_TRUE(is_invalid(infer("MatMulInteger", {}, "u8[4,6] u8[5,5]")));
  EXPECT_TRUE(is_invalid(infer("MatMulInteger", {}, "u8[4,6] u8[6,5] u8[3]")));
  EXPECT_TRUE(is_invalid(infer("ConvInteger", {}, "u8[N,2,8,8] u8[3,2,3,3] u8[2]")));
  EXPECT_TRUE(is_invalid(infer("ConvInteger", {}, "u8[N,2,8,8] u8[3,2,3,3] u8[] u8[2]")));
  EXPECT_TRUE(is_invalid(infer("QLinearConv", {}, "u8[N,2,8] f32[] u8[] i8[3,2,3] f32[3] i8[3] f32[]")));
  EXPECT_TRUE(is_invalid(infer("QLinearConv", {}, "u8[N,2,8] f32[] u8[] i8[3,2,3] f32[] i8[] f32[] u8[] i32[2]")));
}

TEST(InferDynamicQuantizeLinear, GivesLevelsScaleAndZero) {
  EXPECT_EQ(infer("DynamicQuantizeLinear", {}, "f32[N,4]", 3), "u8[N,4] f32[] u8[]");
}

TEST(InferSize, Multiplies) {
  EXPECT_EQ(infer("Size", {}, "f32[2,3,4]"), "i64[]{24}");
  EXPECT_EQ(infer("Size", {}, "f32[N,4]"), "i64[]{4N}");
  EXPECT_EQ(infer("Size", {}, "f32[]"), "i64[]{1}");
  EXPECT_EQ(infer("Size", {}, "f32?"), "i64[]");
}

TEST(InferGroupNormalization, ChecksItsParameters) {
  EXPECT_EQ(infer("GroupNormalization", {{"num_groups", 2}}, "f32[N,4,7] f32[4] f32[4]"), "f32[N,4,7]");
  EXPECT_EQ(infer("GroupNormalization", {{"num_groups", 2}}, "f32[N,4,7] f32[2] f32[2]"), "f32[N,4,7]");
  EXPECT_TRUE(is_invalid(infer("GroupNormalization", {{"num_groups", 3}}, "f32[N,4,7] f32[4] f32[4]")));
  EXPECT_TRUE(is_invalid(infer("GroupNormalization", {{"num_groups", 2}}, "f32[N,4,7] f32[3] f32[4]")));
  EXPECT_TRUE(is_invalid(infer("GroupNormalization", {}, "f32[N,4,7] f32[4] f32[4]")));
}

TEST(InferCastLike, KeepsShapeAndValue) {
  EXPECT_EQ(infer("CastLike", {}, "f32[N,4] i64[2]"), "i64[N,4]");
  EXPECT_EQ(infer("CastLike", {}, "i64[2]{N,3} i32[]"), "i32[2]{N,3}");
  EXPECT_EQ(infer("CastLike", {}, "i64[1]{9223372036854775807} i32[]"), "i32[1]");
  EXPECT_EQ(infer("CastLike", {}, "i64[1]{3} f32[]"), "f32[1]");
}

TEST(InferCompress, LeavesTheSizeOpen) {
  EXPECT_EQ(infer("Compress", {{"axis", 1}}, "f32[N,4,5] bool[4]"), "f32[N,?,5]");
  EXPECT_EQ(infer("Compress", {}, "f32[N,4,5] bool[4]"), "f32[?]");
  EXPECT_TRUE(is_invalid(infer("Compress", {{"axis", 3}}, "f32[N,4,5] bool[4]")));
  EXPECT_TRUE(is_invalid(infer("Compress", {}, "f32[N,4,5] bool[2,2]")));
}

TEST(InferUnique, HasFourResults) {
  EXPECT_EQ(infer("Unique", {}, "f32[N,4]", 4), "f32[?] i64[?] i64[4N] i64[?]");
  EXPECT_EQ(infer("Unique", {{"axis", 1}}, "f32[N,4]", 4), "f32[N,?] i64[?] i64[4] i64[?]");
  EXPECT_TRUE(is_invalid(infer("Unique", {{"axis", 2}}, "f32[N,4]", 4)));
}

TEST(InferReverseSequence, WantsOneLengthPerSample) {
  EXPECT_EQ(infer("ReverseSequence", {}, "f32[5,N,2] i64[N]"), "f32[5,N,2]");
  EXPECT_EQ(infer("ReverseSequence", {{"batch_axis", 0}, {"time_axis", 1}}, "f32[3,4] i64[3]"), "f32[3,4]");
  EXPECT_TRUE(is_invalid(infer("ReverseSequence", {}, "f32[5,3] i64[4]")));
  EXPECT_TRUE(is_invalid(infer("ReverseSequence", {{"batch_axis", 0}}, "f32[5,3] i64[5]")));
}

TEST(InferBitShift, WantsUnsignedNumbers) {
  EXPECT_EQ(infer("BitShift", {{"direction", "LEFT"}}, "u8[N,3] u8[3]"), "u8[N,3]");
  EXPECT_TRUE(is_invalid(infer("BitShift", {{"direction", "LEFT"}}, "i32[3] i32[3]")));
  EXPECT_TRUE(is_invalid(infer("BitShift", {}, "u8[3] u8[3]")));
}

TEST(InferLpPool, SlidesItsWindow) {
  EXPECT_EQ(infer("LpPool", {{"kernel_shape", Ints{3, 2}}}, "f32[N,2,7,8]"), "f32[N,2,5,7]");
  EXPECT_EQ(infer("LpPool", {{"kernel_shape", Ints{2}}, {"dilations", Ints{3}}}, "f32[N,2,7]"), "f32[N,2,4]");
  EXPECT_TRUE(is_invalid(infer("LpPool", {{"kernel_shape", Ints{2}}, {"p", 0}}, "f32[N,2,7]")));
}

}  // namespace
}  // namespace pare::testing
