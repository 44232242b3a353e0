// Resize and Upsample.
#include "format/ops/resize.h"
#include "infer_case.h"

namespace pare::testing {
namespace {

TEST(InferResize, ByScales) {
  EXPECT_EQ(infer("Resize", {}, "f32[N,3,5,7] - f32[4]{1,1,2,2.5}"), "f32[N,3,10,17]");
  EXPECT_EQ(infer("Resize", {}, "u8[4,5] - f32[2]{0.5,0.6}"), "u8[2,3]");
  EXPECT_EQ(infer("Resize", {}, "f32[N,M] - f32[2]{2,1.5}"), "f32[2N,?]");
  EXPECT_EQ(infer("Resize", {}, "f32[N,4] - f32[2]"), "f32[?,?]");
  EXPECT_EQ(infer("Resize", {}, "f32? - f32[2]{1,2}"), "f32?");
  EXPECT_EQ(infer("Resize", {{"axes", Ints{-1}}}, "f32[N,4] - f32[1]{3}"), "f32[N,12]");
  EXPECT_EQ(infer("Upsample", {}, "f32[N,1,4,4] f32[4]{1,1,2,2}"), "f32[N,1,8,8]");
}

TEST(InferResize, ToSizes) {
  EXPECT_EQ(infer("Resize", {}, "f32[N,3,5,7] - - i64[4]{N,3,9,2}"), "f32[N,3,9,2]");
  EXPECT_EQ(infer("Resize", {}, "f32[N,3] f32[0] f32[0] i64[2]{2,6}"), "f32[2,6]");
  EXPECT_EQ(infer("Resize", {{"axes", Ints{1, 0}}}, "f32[2,3,4] - - i64[2]{6,8}"), "f32[8,6,4]");
  EXPECT_EQ(infer("Resize", {}, "f32[N,3] - - i64[2]"), "f32[?,?]");
}

TEST(InferResize, KeepsTheAspectRatio) {
  const auto kept = [](const char* policy, const char* inputs) {
    return infer("Resize", {{"keep_aspect_ratio_policy", policy}, {"axes", Ints{1, 2}}}, inputs);
  };
  EXPECT_EQ(kept("not_larger", "f32[N,4,6] - - i64[2]{8,9}"), "f32[N,6,9]");
  EXPECT_EQ(kept("not_smaller", "f32[N,4,6] - - i64[2]{8,9}"), "f32[N,8,12]");
  EXPECT_EQ(kept("not_larger", "f32[N,5,2] - - i64[2]{2,9}"), "f32[N,2,1]");
  EXPECT_EQ(kept("not_larger", "f32[N,4,M] - - i64[2]{8,9}"), "f32[N,?,?]");
}

TEST(InferResize, RefusesWhatMakesNoSense) {
  for (const char* scales : {"0", "-1", "nan", "inf", "1e30"})
    EXPECT_TRUE(is_invalid(infer("Resize", {}, "f32[4] - f32[1]{" + std::string(scales) + "}"))) << scales;
  EXPECT_TRUE(is_invalid(infer("Resize", {}, "f32[4,4] - f32[1]{2}")));
  EXPECT_TRUE(is_invalid(infer("Resize", {}, "f32[4]")));
  EXPECT_TRUE(is_invalid(infer("Resize", {}, "f32[4] - - i64[1]{-1}")));
  EXPECT_TRUE(is_invalid(infer("Resize", {}, "f32[0] - - i64[1]{4}")));
  EXPECT_TRUE(is_invalid(infer("Resize", {}, "f32[4,4] - - i64[2]{4611686018427387904,4}")));
  EXPECT_TRUE(is_invalid(infer("Resize", {}, "f32[4611686018427387903] - f32[1]{1e18}")));
  EXPECT_TRUE(is_invalid(infer("Resize", {{"axes", Ints{0, -2}}}, "f32[4,4] - f32[2]{1,1}")));
  for (const char* attribute : {"mode", "nearest_mode", "coordinate_transformation_mode", "keep_aspect_ratio_policy"})
    EXPECT_TRUE(is_invalid(infer("Resize", {{attribute, "other"}}, "f32[4] - f32[1]{1}"))) << attribute;
  EXPECT_TRUE(
      is_invalid(infer("Resize", {{"coordinate_transformation_mode", "tf_crop_and_resize"}}, "f32[4] - f32[1]{1}")));
}

TEST(InferResize, ScalesComeFromConstants) {
  const Tensor scales = Tensor::of<float>({3}, std::vector<float>{1, 2, 0.5F});
  EXPECT_EQ(facts_of(scales).reals, (std::vector<float>{1, 2, 0.5F}));
  EXPECT_EQ(facts_of(cast(scales, DType::f16)).reals, (std::vector<float>{1, 2, 0.5F}));
  EXPECT_FALSE(facts_of(scales.reshaped({1, 3})).reals);
  EXPECT_FALSE(facts_of(Tensor(DType::f32, {65})).reals);
  EXPECT_FALSE(facts_of(Tensor(DType::i64, {1})).reals);
}

TEST(InferResize, ScalesComeFromConstantNodes) {
  const Attributes tensor = make_attributes({{"value", Tensor::of<float>({2}, std::vector<float>{1, 3})}});
  const Attributes list = make_attributes({{"value_floats", std::vector<float>{1, 3}}});
  for (const Attributes& attributes : {tensor, list}) {
    Symbols symbols(1);
    std::vector<TensorFacts> outputs(1);
    InferContext context{attributes, {}, outputs, symbols};
    ASSERT_TRUE(infer_rule(OpKind::constant)(context).ok());
    EXPECT_EQ(outputs[0].reals, (std::vector<float>{1, 3}));
  }
}

}  // namespace
}  // namespace pare::testing
