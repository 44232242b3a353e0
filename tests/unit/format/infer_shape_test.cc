// Ops that move elements about, and the values of small integer tensors that tell them where.
#include "infer_case.h"

namespace pare::testing {
namespace {

TEST(InferFlatten, MakesAMatrix) {
  EXPECT_EQ(infer("Flatten", {}, "f32[N,16,5,5]"), "f32[N,400]");
  EXPECT_EQ(infer("Flatten", {{"axis", 0}}, "f32[N,16]"), "f32[1,16N]");
  EXPECT_EQ(infer("Flatten", {{"axis", -1}}, "f32[N,4,5]"), "f32[4N,5]");
  EXPECT_EQ(infer("Flatten", {{"axis", 3}}, "f32[N,4,5]"), "f32[20N,1]");
  EXPECT_EQ(infer("Flatten", {{"axis", 2}}, "f32[N,M,5]"), "f32[?,5]");
  EXPECT_EQ(infer("Flatten", {}, "f32?"), "f32[?,?]");
  EXPECT_TRUE(is_invalid(infer("Flatten", {{"axis", 4}}, "f32[N,4,5]")));
  EXPECT_TRUE(is_invalid(infer("Flatten", {}, "f32[]")));
}

TEST(InferReshape, FillsZeroAndMinusOne) {
  EXPECT_EQ(infer("Reshape", {}, "f32[N,16,5,5] i64[2]{-1,400}"), "f32[N,400]");
  EXPECT_EQ(infer("Reshape", {}, "f32[N,16,5,5] i64[2]{N,-1}"), "f32[N,400]");
  EXPECT_EQ(infer("Reshape", {}, "f32[N,16,5,5] i64[2]{0,-1}"), "f32[N,400]");
  EXPECT_EQ(infer("Reshape", {}, "f32[N,16,5,5] i64[3]{-1,16,25}"), "f32[N,16,25]");
  EXPECT_EQ(infer("Reshape", {}, "f32[N,M] i64[1]{-1}"), "f32[?]");
  EXPECT_EQ(infer("Reshape", {}, "f32[N,M,6] i64[3]{M,-1,2}"), "f32[M,3N,2]");
  EXPECT_EQ(infer("Reshape", {}, "f32[N,6] i64[2]{-1,4}"), "f32[?,4]");
  EXPECT_EQ(infer("Reshape", {}, "f32[2,6] i64[2]{-1,4}"), "f32[3,4]");
  EXPECT_EQ(infer("Reshape", {}, "f32[1] i64[0]{}"), "f32[]");
  EXPECT_EQ(infer("Reshape", {}, "f32? i64[2]{0,-1}"), "f32[?,?]");
  EXPECT_EQ(infer("Reshape", {}, "f32[N,6] i64[3]"), "f32[?,?,?]");
  EXPECT_EQ(infer("Reshape", {}, "f32[N,6] i64?"), "f32?");
}

TEST(InferReshape, TakesZeroLiterallyWhenAsked) {
  EXPECT_EQ(infer("Reshape", {{"allowzero", 1}}, "f32[0,6] i64[2]{0,3}"), "f32[0,3]");
  EXPECT_TRUE(is_invalid(infer("Reshape", {{"allowzero", 1}}, "f32[0,6] i64[2]{0,-1}")));
  EXPECT_TRUE(is_invalid(infer("Reshape", {{"allowzero", 1}}, "f32[2,6] i64[2]{0,6}")));
}

TEST(InferReshape, RefusesWhatDoesNotFit) {
  EXPECT_TRUE(is_invalid(infer("Reshape", {}, "f32[2,6] i64[2]{-1,5}")));
  EXPECT_TRUE(is_invalid(infer("Reshape", {}, "f32[2,6] i64[2]{3,5}")));
  EXPECT_TRUE(is_invalid(infer("Reshape", {}, "f32[2,6] i64[2]{-1,-1}")));
  EXPECT_TRUE(is_invalid(infer("Reshape", {}, "f32[2,6] i64[2]{-2,6}")));
  EXPECT_TRUE(is_invalid(infer("Reshape", {}, "f32[2,6] i64[3]{2,6,0}")));
  EXPECT_TRUE(is_invalid(infer("Reshape", {}, "f32[N,6] i64[2]{N,5}")));
  EXPECT_TRUE(is_invalid(infer("Reshape", {}, "f32[2,6] i64[2]{9223372036854775807,9223372036854775807}")));
  EXPECT_TRUE(is_invalid(infer("Reshape", {}, "f32[2,6] i64[1000000]")));
  EXPECT_TRUE(is_invalid(infer("Reshape", {}, "f32[2,6] i64[1,2]")));
}

TEST(InferTranspose, Permutes) {
  EXPECT_EQ(infer("Transpose", {}, "f32[N,3,8]"), "f32[8,3,N]");
  EXPECT_EQ(infer("Transpose", {{"perm", Ints{0, 2, 1}}}, "f32[N,3,8]"), "f32[N,8,3]");
  for (const Ints& perm : {Ints{0, 1}, Ints{0, 1, 1}, Ints{0, 1, 3}, Ints{0, 1, -1}, Ints{}})
    EXPECT_TRUE(is_invalid(infer("Transpose", {{"perm", perm}}, "f32[N,3,8]")));
}

TEST(InferConcat, JoinsAlongTheAxis) {
  EXPECT_EQ(infer("Concat", {{"axis", 1}}, "f32[N,3,8] f32[N,5,8] f32[N,1,8]"), "f32[N,9,8]");
  EXPECT_EQ(infer("Concat", {{"axis", -1}}, "f32[N,3,M] f32[N,3,M]"), "f32[N,3,2M]");
  EXPECT_EQ(infer("Concat", {{"axis", 0}}, "f32[2,M] f32[3,8]"), "f32[5,8]");
  EXPECT_EQ(infer("Concat", {{"axis", 0}}, "i64[1]{N} i64[2]{-1,3}"), "i64[3]{N,-1,3}");
  EXPECT_EQ(infer("Concat", {{"axis", 0}}, "i64[1]{N} i64[2]"), "i64[3]");
  EXPECT_TRUE(is_invalid(infer("Concat", {}, "f32[2] f32[2]")));
  EXPECT_TRUE(is_invalid(infer("Concat", {{"axis", 0}}, "")));
  EXPECT_TRUE(is_invalid(infer("Concat", {{"axis", 1}}, "f32[2] f32[2]")));
  EXPECT_TRUE(is_invalid(infer("Concat", {{"axis", 1}}, "f32[2,3] f32[3,3]")));
  EXPECT_TRUE(is_invalid(infer("Concat", {{"axis", 0}}, "f32[2,3] f32[2]")));
  EXPECT_TRUE(is_invalid(infer("Concat", {{"axis", 0}}, "f32[9223372036854775807] f32[1]")));
}

TEST(InferSplit, SharesTheAxis) {
  EXPECT_EQ(infer("Split", {{"axis", 1}}, "f32[N,6]", 3), "f32[N,2] f32[N,2] f32[N,2]");
  EXPECT_EQ(infer("Split", {{"axis", -1}}, "f32[N,6] i64[2]{2,4}", 2), "f32[N,2] f32[N,4]");
  EXPECT_EQ(infer("Split", {}, "f32[N,6]", 2), "f32[?,6] f32[?,6]");
  EXPECT_EQ(infer("Split", {}, "f32[4N,6]", 2), "f32[2N,6] f32[2N,6]");
  EXPECT_EQ(infer("Split", {}, "i64[3]{N,2,3} i64[2]{1,2}", 2), "i64[1]{N} i64[2]{2,3}");
  EXPECT_EQ(infer("Split", {{"axis", 1}}, "f32[N,6] i64[2]", 2), "f32[N,?] f32[N,?]");
  EXPECT_TRUE(is_invalid(infer("Split", {{"axis", 1}}, "f32[N,7]", 3)));
  EXPECT_TRUE(is_invalid(infer("Split", {{"axis", 1}}, "f32[N,6] i64[2]{2,5}", 2)));
  EXPECT_TRUE(is_invalid(infer("Split", {{"axis", 1}}, "f32[N,6] i64[2]{-1,7}", 2)));
  EXPECT_TRUE(is_invalid(infer("Split", {{"axis", 1}}, "f32[N,6] i64[2]{9223372036854775807,9223372036854775807}", 2)));
  EXPECT_TRUE(is_invalid(infer("Split", {{"axis", 1}}, "f32[N,6] i64[2]{2,4}", 3)));
  EXPECT_TRUE(is_invalid(infer("Split", {}, "f32[N,6]", 0)));
}

TEST(InferSlice, ClampsAndCountsFromTheEnd) {
  EXPECT_EQ(infer("Slice", {}, "f32[10,20] i64[2]{1,-5} i64[2]{9,1000}"), "f32[8,5]");
  EXPECT_EQ(infer("Slice", {}, "f32[10,20] i64[1]{0} i64[1]{5} i64[1]{-1} i64[1]{2}"), "f32[10,3]");
  EXPECT_EQ(infer("Slice", {}, "f32[10,20] i64[1]{-1} i64[1]{-1000} i64[1]{0} i64[1]{-3}"), "f32[4,20]");
  EXPECT_EQ(infer("Slice", {}, "f32[10,20] i64[1]{5} i64[1]{2}"), "f32[0,20]");
  EXPECT_EQ(infer("Slice", {}, "f32[0,20] i64[1]{-1} i64[1]{-9} i64[1]{0} i64[1]{-1}"), "f32[0,20]");
}

TEST(InferSlice, SurvivesTheLargestNumbers) {
  EXPECT_EQ(infer("Slice", {}, "f32[10] i64[1]{-9223372036854775808} i64[1]{9223372036854775807}"), "f32[10]");
  EXPECT_EQ(infer("Slice", {}, "f32[10] i64[1]{9} i64[1]{-9223372036854775808} i64[1]{0} i64[1]{-9223372036854775808}"),
            "f32[1]");
  EXPECT_EQ(infer("Slice", {}, "f32[10] i64[1]{0} i64[1]{9223372036854775807} i64[1]{0} i64[1]{9223372036854775807}"),
            "f32[1]");
}

TEST(InferSlice, KeepsSymbolsItCanKeep) {
  EXPECT_EQ(infer("Slice", {}, "f32[N,20] i64[1]{0} i64[1]{9223372036854775807}"), "f32[N,20]");
  EXPECT_EQ(infer("Slice", {}, "f32[N,20] i64[1]{0} i64[1]{N}"), "f32[N,20]");
  EXPECT_EQ(infer("Slice", {}, "f32[N,20] i64[1]{1} i64[1]{9223372036854775807}"), "f32[?,20]");
  EXPECT_EQ(infer("Slice", {}, "f32[N,20] i64[1] i64[1] i64[1]{1}"), "f32[N,?]");
  EXPECT_EQ(infer("Slice", {}, "f32[N,20] i64[1] i64[1] i64[1]"), "f32[?,?]");
  EXPECT_EQ(infer("Slice", {}, "f32[N,20] i64[1]{0} i64[1]{1} - i64[1]"), "f32[?,20]");
}

TEST(InferSlice, SlicesValues) {
  EXPECT_EQ(infer("Slice", {}, "i64[4]{N,3,8,9} i64[1]{1} i64[1]{3}"), "i64[2]{3,8}");
  EXPECT_EQ(infer("Slice", {}, "i64[4]{N,3,8,9} i64[1]{-1} i64[1]{-9} i64[1]{0} i64[1]{-1}"), "i64[4]{9,8,3,N}");
}

TEST(InferSlice, RefusesNonsense) {
  EXPECT_TRUE(is_invalid(infer("Slice", {}, "f32[10] i64[1]{0} i64[1]{5} i64[1]{0} i64[1]{0}")));
  EXPECT_TRUE(is_invalid(infer("Slice", {}, "f32[10] i64[1]{0} i64[1]{5} i64[1]{1}")));
  EXPECT_TRUE(is_invalid(infer("Slice", {}, "f32[10,2] i64[2]{0,0} i64[2]{5,5} i64[2]{0,-2}")));
  EXPECT_TRUE(is_invalid(infer("Slice", {}, "f32[10,2] i64[2]{0,0} i64[1]{5}")));
  EXPECT_TRUE(is_invalid(infer("Slice", {}, "f32[10] i64[2]{0,0} i64[2]{5,5}")));
  EXPECT_TRUE(is_invalid(infer("Slice", {}, "f32[10] f32[1] i64[1]{5}")));
}

TEST(InferGather, PutsTheIndicesInTheAxis) {
  EXPECT_EQ(infer("Gather", {}, "f32[10,20] i64[N,3]"), "f32[N,3,20]");
  EXPECT_EQ(infer("Gather", {{"axis", -1}}, "f32[10,20] i64[]"), "f32[10]");
  EXPECT_EQ(infer("Gather", {}, "i64[4]{N,3,8,9} i64[]{0}"), "i64[]{N}");
  EXPECT_EQ(infer("Gather", {}, "i64[4]{N,3,8,9} i64[2]{-1,1}"), "i64[2]{9,3}");
  EXPECT_TRUE(is_invalid(infer("Gather", {}, "i64[4]{N,3,8,9} i64[]{4}")));
  EXPECT_TRUE(is_invalid(infer("Gather", {}, "f32[4,2] i64[1]{-5}")));
  EXPECT_TRUE(is_invalid(infer("Gather", {{"axis", 2}}, "f32[4,2] i64[1]")));
  EXPECT_TRUE(is_invalid(infer("Gather", {}, "f32[] i64[1]")));
  EXPECT_TRUE(is_invalid(infer("Gather", {}, "f32[4] f32[1]")));
}

TEST(InferSqueeze, RemovesOnes) {
  EXPECT_EQ(infer("Squeeze", {}, "f32[1,3,1]"), "f32[3]");
  EXPECT_EQ(infer("Squeeze", {}, "f32[N,3,1] i64[1]{-1}"), "f32[N,3]");
  EXPECT_EQ(infer("Squeeze", {}, "f32[N,3,1] i64[1]{0}"), "f32[3,1]");
  EXPECT_EQ(infer("Squeeze", {}, "f32[N,3,1]"), "f32?");
  EXPECT_EQ(infer("Squeeze", {}, "i64[1]{N}"), "i64[]{N}");
  EXPECT_TRUE(is_invalid(infer("Squeeze", {}, "f32[N,3,1] i64[1]{1}")));
  EXPECT_TRUE(is_invalid(infer("Squeeze", {}, "f32[N,3,1] i64[2]{2,-1}")));
}

TEST(InferUnsqueeze, AddsOnes) {
  EXPECT_EQ(infer("Unsqueeze", {}, "f32[N,3] i64[2]{0,-1}"), "f32[1,N,3,1]");
  EXPECT_EQ(infer("Unsqueeze", {}, "i64[]{N} i64[1]{0}"), "i64[1]{N}");
  EXPECT_EQ(infer("Unsqueeze", {}, "f32[N,3] i64[2]"), "f32[?,?,?,?]");
  EXPECT_TRUE(is_invalid(infer("Unsqueeze", {}, "f32[N,3] i64[1]{3}")));
  EXPECT_TRUE(is_invalid(infer("Unsqueeze", {}, "f32[N,3] i64[2]{0,0}")));
  EXPECT_TRUE(is_invalid(infer("Unsqueeze", {}, "f32[N,3] i64[1000000]")));
  EXPECT_TRUE(is_invalid(infer("Unsqueeze", {}, "f32[N,3]")));
}

TEST(InferShape, ListsDimensions) {
  EXPECT_EQ(infer("Shape", {}, "f32[N,3,8]"), "i64[3]{N,3,8}");
  EXPECT_EQ(infer("Shape", {{"start", 1}}, "f32[N,3,8]"), "i64[2]{3,8}");
  EXPECT_EQ(infer("Shape", {{"start", -2}, {"end", -1}}, "f32[N,3,8]"), "i64[1]{3}");
  EXPECT_EQ(infer("Shape", {{"start", 5}, {"end", INT64_MIN}}, "f32[N,3,8]"), "i64[0]{}");
  EXPECT_EQ(infer("Shape", {}, "f32?"), "i64[?]");
}

TEST(InferConstant, TellsItsValue) {
  EXPECT_EQ(infer("Constant", {{"value", Tensor::of<int64_t>({2}, Ints{-1, 5})}}, ""), "i64[2]{-1,5}");
  EXPECT_EQ(infer("Constant", {{"value", Tensor(DType::f32, {2, 3})}}, ""), "f32[2,3]");
  EXPECT_EQ(infer("Constant", {{"value_int", 7}}, ""), "i64[]{7}");
  EXPECT_EQ(infer("Constant", {{"value_ints", Ints{7, 8}}}, ""), "i64[2]{7,8}");
  EXPECT_EQ(infer("Constant", {{"value_ints", Ints(kMaxValueElements + 1)}}, ""), "i64[65]");
  EXPECT_EQ(infer("Constant", {{"value_float", 0.5f}}, ""), "f32[]");
  EXPECT_EQ(infer("Constant", {{"value_floats", std::vector<float>{1, 2, 3}}}, ""), "f32[3]");
  EXPECT_EQ(infer("Constant", {{"value_string", "a"}}, ""), "?[]");
  EXPECT_TRUE(is_invalid(infer("Constant", {}, "")));
}

TEST(InferPad, GrowsAndCuts) {
  EXPECT_EQ(infer("Pad", {}, "f32[N,3,8] i64[6]{0,0,2,0,1,-3}"), "f32[N,4,7]");
  EXPECT_EQ(infer("Pad", {}, "f32[N,3] i64[4]{1,0,0,0}"), "f32[?,3]");
  EXPECT_EQ(infer("Pad", {}, "f32[N,3] i64[4]"), "f32[?,?]");
  EXPECT_TRUE(is_invalid(infer("Pad", {}, "f32[N,3] i64[2]{1,1}")));
  EXPECT_TRUE(is_invalid(infer("Pad", {}, "f32[N,3] i64[4]{0,-2,0,-2}")));
  EXPECT_TRUE(is_invalid(infer("Pad", {}, "f32[N,3] i64[4]{0,9223372036854775807,0,9223372036854775807}")));
  EXPECT_TRUE(is_invalid(infer("Pad", {{"mode", "reflect"}}, "f32[N,3] i64[4]{0,3,0,0}")));
  EXPECT_TRUE(is_invalid(infer("Pad", {{"mode", "mirror"}}, "f32[N,3] i64[4]")));
}

// What exporters write for x.view(x.size(0), -1): Shape, Gather, Unsqueeze, Concat, Reshape.
TEST(InferChain, ResolvesASymbolicReshape) {
  const std::string shape = infer("Shape", {}, "f32[N,16,5,5]");
  const std::string batch = infer("Gather", {}, shape + " i64[]{0}");
  const std::string list = infer("Unsqueeze", {}, batch + " i64[1]{0}");
  const std::string wanted = infer("Concat", {{"axis", 0}}, list + " i64[1]{-1}");
  EXPECT_EQ(wanted, "i64[2]{N,-1}");
  EXPECT_EQ(infer("Reshape", {}, "f32[N,16,5,5] " + wanted), "f32[N,400]");
}

// Channel shuffle: [N, C, H, W] to [N, groups, C / groups, H, W] and back, sizes taken from the shape.
TEST(InferChain, ResolvesAChannelShuffle) {
  const std::string shape = infer("Shape", {}, "f32[N,24,M,M]");
  const std::string channels = infer("Slice", {}, shape + " i64[1]{1} i64[1]{2}");
  const std::string per_group = infer("Div", {}, channels + " i64[]{3}");
  const std::string batch = infer("Slice", {}, shape + " i64[1]{0} i64[1]{1}");
  const std::string size = infer("Slice", {}, shape + " i64[1]{2} i64[1]{4}");
  const std::string wanted = infer("Concat", {{"axis", 0}}, batch + " i64[1]{3} " + per_group + " " + size);
  EXPECT_EQ(infer("Reshape", {}, "f32[N,24,M,M] " + wanted), "f32[N,3,8,M,M]");
  EXPECT_EQ(infer("Reshape", {}, "f32[N,3,8,M,M] " + shape), "f32[N,24,M,M]");
}

TEST(InferRule, ExistsForEveryOpAndSurvivesAnyInputs) {
  const std::string inputs[] = {
      "",
      "-",
      "?",
      "- - - - -",
      "? ? ? ? ?",
      "f32[] f32[] f32[] f32[] f32[]",
      "i64[]{-1} i64[]{-1} i64[]{-1} i64[]{-1} i64[]{-1}",
      "i64[0]{} i64[0]{} i64[0]{} i64[0]{} i64[0]{}",
      "bool[0,0] i64[1]{0} i64[1]{0} i64[1]{0} i64[1]{0}",
      "f32[9223372036854775807,9223372036854775807] i64[2]{9223372036854775807,-1} i64[2]{-9223372036854775808,0}"};
#define PARE_OP(number, kind, onnx_name)                       \
  for (const std::string& given : inputs) {                    \
    EXPECT_NE(infer(onnx_name, {}, given), "no rule");         \
    (void)infer(onnx_name, {{"axis", INT64_MIN}}, given, 3);   \
    (void)infer(onnx_name, {{"axis", "no number"}}, given, 0); \
  }
#include "format/op_list.def"
#undef PARE_OP
  EXPECT_EQ(infer_rule(OpKind::unknown), nullptr);
}

}  // namespace
}  // namespace pare::testing
