#include "format/grid.h"

#include <gtest/gtest.h>

namespace pare {
namespace {

Tensor levels_of(Shape shape, std::vector<int32_t> values) { return Tensor::of<int32_t>(std::move(shape), values); }
std::vector<float> values_of(const Result<Tensor>& t) {
  if (!t.ok()) return {};
  const auto v = t.value().view<float>();
  return {v.begin(), v.end()};
}

TEST(Grid, RangeOfLevels) {
  Grid g;
  g.bits = 4;
  EXPECT_EQ(g.lowest(), -8);
  EXPECT_EQ(g.highest(), 7);
  g.is_signed = false;
  EXPECT_EQ(g.lowest(), 0);
  EXPECT_EQ(g.highest(), 15);
  g.bits = 32;
  EXPECT_EQ(g.highest(), INT32_MAX);
}

TEST(Grid, AffinePerTensorAndPerChannel) {
  Grid g;
  g.scale = {0.5F};
  g.zero_point = {2};
  EXPECT_EQ(values_of(dequantize(g, levels_of({3}, {2, 3, -4}), {3})), (std::vector<float>{0, 0.5F, -3}));
  EXPECT_EQ(zero_level(g), 2);
  g.axis = 1;
  g.scale = {1, 10};
  g.zero_point = {0, 1};
  EXPECT_EQ(values_of(dequantize(g, levels_of({2, 2}, {1, 2, 3, 4}), {2, 2})), (std::vector<float>{1, 10, 3, 30}));
  EXPECT_FALSE(zero_level(g));  // zero points differ
}

TEST(Grid, BlocksOfTheNextAxis) {
  Grid g;
  g.axis = 0;
  g.block = 2;
  g.scale = {1, 2, 3, 4};  // [2 channels][2 blocks of up to 2]
  EXPECT_EQ(values_of(dequantize(g, levels_of({2, 3}, {1, 1, 1, 1, 1, 1}), {2, 3})),
            (std::vector<float>{1, 1, 2, 3, 3, 4}));
  g.axis = -1;
  g.scale = {5, 7};
  EXPECT_EQ(values_of(dequantize(g, levels_of({3, 1}, {1, 1, 1}), {3, 1})), (std::vector<float>{5, 5, 7}));
}

TEST(Grid, CodebookOfScalarsAndVectors) {
  Grid g;
  g.kind = GridKind::codebook;
  g.bits = 2;
  g.codebook = {-1, 0, 2};
  EXPECT_EQ(g.highest(), 2);
  EXPECT_EQ(zero_level(g), 1);
  EXPECT_EQ(values_of(dequantize(g, levels_of({3}, {2, 1, 0}), {3})), (std::vector<float>{2, 0, -1}));
  g.dim = 2;
  g.codebook = {1, 2, 0, 0};
  EXPECT_EQ(zero_level(g), 1);
  EXPECT_EQ(values_of(dequantize(g, levels_of({2, 1}, {0, 1}), {2, 2})), (std::vector<float>{1, 2, 0, 0}));
}

TEST(Grid, PowersOfTwo) {
  Grid g;
  g.kind = GridKind::power_of_two;
  g.bits = 4;
  g.scale = {2};
  EXPECT_EQ(values_of(dequantize(g, levels_of({5}, {0, 1, 2, -1, -3}), {5})), (std::vector<float>{0, 2, 1, -2, -0.5F}));
  EXPECT_EQ(zero_level(g), 0);
}

TEST(Grid, WrongGridsAreNamed) {
  Grid g;
  EXPECT_EQ(check(g, {3}).code(), Code::invalid);  // no scale
  g.scale = {1};
  EXPECT_TRUE(check(g, {3}).ok());
  g.scale = {std::numeric_limits<float>::quiet_NaN()};
  EXPECT_EQ(check(g, {3}).code(), Code::invalid);
  g.scale = {1};
  g.axis = 1;
  EXPECT_EQ(check(g, {3}).code(), Code::invalid);
  g = {};
  g.kind = GridKind::codebook;
  g.bits = 1;
  g.codebook = {1, 2, 3};
  EXPECT_EQ(check(g, {3}).code(), Code::invalid);  // three entries, one bit
  g.bits = 0;
  EXPECT_EQ(check(g, {3}).code(), Code::invalid);
}

TEST(Grid, LevelsOutsideAreCorrupt) {
  Grid g;
  g.bits = 2;
  g.scale = {1};
  EXPECT_EQ(dequantize(g, levels_of({2}, {1, 2}), {2}).status().code(), Code::corrupt);
  EXPECT_EQ(dequantize(g, levels_of({2}, {1, -3}), {2}).status().code(), Code::corrupt);
  EXPECT_EQ(dequantize(g, levels_of({2}, {1, 1}), {3}).status().code(), Code::invalid);
}

TEST(BitMask, CountsOnlyItsOwnBits) {
  BitMask m(70);
  EXPECT_EQ(m.kept(), 70U);
  m.set(69, false);
  m.set(3, false);
  EXPECT_EQ(m.kept(), 68U);
  EXPECT_FALSE(m[69]);
  EXPECT_EQ(BitMask(0).kept(), 0U);
}

}  // namespace
}  // namespace pare
