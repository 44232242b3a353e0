#include "format/tensor.h"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <limits>

namespace pare {
namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();

template <class To, class From>
To cast_one(From v) {
  return cast(Tensor::scalar(v), dtype_of<To>).template view<To>()[0];
}

TEST(Tensor, CopiesShareUntilWritten) {
  Tensor a = Tensor::of<float>({2}, std::vector<float>{1, 2});
  const Tensor b = a;
  EXPECT_EQ(a.bytes().data(), b.bytes().data());
  a.edit<float>()[0] = 5;
  EXPECT_EQ(b.view<float>()[0], 1);
  EXPECT_EQ(a.view<float>()[0], 5);
  EXPECT_NE(a, b);
}

TEST(Tensor, BorrowedBytesAreCopiedOnWrite) {
  auto owner = std::make_shared<std::vector<float>>(std::vector<float>{1, 2, 3});
  Tensor t = Tensor::borrow(DType::f32, {3}, std::as_bytes(std::span(*owner)), owner);
  EXPECT_EQ(t.view<float>().data(), owner->data());
  t.edit<float>()[1] = 9;
  EXPECT_EQ((*owner)[1], 2);
  EXPECT_EQ(t.view<float>()[1], 9);
}

TEST(Tensor, CreateIsBounded) {
  EXPECT_EQ(Tensor::create(DType::f32, {1 << 20, 1 << 20}, 1000).status().code(), Code::limit);
  EXPECT_EQ(Tensor::create(DType::f32, {INT64_MAX, 4}, UINT64_MAX).status().code(), Code::limit);
  EXPECT_EQ(Tensor::create(DType::none, {1}, 1000).status().code(), Code::invalid);
  EXPECT_TRUE(Tensor::create(DType::f32, {250}, 1000).ok());
}

TEST(Tensor, EveryHalfAndBrainFloatRoundTrips) {
  for (uint32_t bits = 0; bits < 65536; ++bits) {
    const auto b = static_cast<uint16_t>(bits);
    EXPECT_EQ(f32_to_f16(f16_to_f32(b)), b);
    EXPECT_EQ(f32_to_bf16(bf16_to_f32(b)), b);
  }
}

TEST(Tensor, HalfRoundsToNearestEven) {
  EXPECT_EQ(f32_to_f16(1.0F + 0x1p-11F), 0x3C00);  // a tie goes to even
  EXPECT_EQ(f32_to_f16(1.0F + 3 * 0x1p-11F), 0x3C02);
  EXPECT_EQ(f32_to_f16(1.0F + 0x1p-11F + 0x1p-20F), 0x3C01);
  EXPECT_EQ(f32_to_f16(65519.0F), 0x7BFF);
  EXPECT_EQ(f32_to_f16(65520.0F), 0x7C00);
  EXPECT_EQ(f32_to_f16(0x1p-24F), 0x0001);
  EXPECT_EQ(f32_to_f16(0x1p-25F), 0x0000);
  EXPECT_EQ(f32_to_f16(-0x1.8p-25F), 0x8001);
  EXPECT_EQ(f32_to_f16(0x1.FFCp-15F + 0x1p-26F), 0x0400);  // a subnormal rounds up to a normal number
  EXPECT_EQ(f32_to_bf16(1.0F + 0x1p-8F), 0x3F80);
  EXPECT_EQ(f32_to_bf16(1.0F + 3 * 0x1p-8F), 0x3F82);
  EXPECT_EQ(f32_to_bf16(std::numeric_limits<float>::max()), 0x7F80);
}

TEST(Tensor, DoubleToHalfRoundsOnce) {
  const double v = 1.0 + 0x1p-11 + 0x1p-40;  // above the tie, but f32 would drop that
  EXPECT_EQ(cast(Tensor::scalar(v), DType::f16).view<uint16_t>()[0], 0x3C01);
  EXPECT_EQ(cast(Tensor::scalar(-1e300), DType::f16).view<uint16_t>()[0], 0xFC00);
}

TEST(Tensor, FloatsToIntegersRoundAndSaturate) {
  EXPECT_EQ(cast_one<int8_t>(2.5F), 2);
  EXPECT_EQ(cast_one<int8_t>(3.5F), 4);
  EXPECT_EQ(cast_one<int8_t>(-200.0F), -128);
  EXPECT_EQ(cast_one<uint8_t>(-3.0F), 0);
  EXPECT_EQ(cast_one<uint8_t>(300.0), 255);
  EXPECT_EQ(cast_one<int64_t>(1e30F), INT64_MAX);
  EXPECT_EQ(cast_one<int64_t>(-kInfinity), INT64_MIN);
  EXPECT_EQ(cast_one<uint64_t>(0x1p63), uint64_t{1} << 63);
  EXPECT_EQ(cast_one<int32_t>(std::nanf("")), 0);
}

TEST(Tensor, IntegersSaturate) {
  EXPECT_EQ(cast_one<int8_t>(int64_t{300}), 127);
  EXPECT_EQ(cast_one<uint32_t>(int64_t{-1}), 0U);
  EXPECT_EQ(cast_one<int64_t>(UINT64_MAX), INT64_MAX);
  EXPECT_EQ(cast_one<float>(uint8_t{200}), 200.0F);
}

TEST(Tensor, CastKeepsShapeAndBooleans) {
  const Tensor t = Tensor::of<float>({1, 3}, std::vector<float>{0.0F, -0.5F, 2.0F});
  const Tensor b = cast(t, DType::boolean);
  EXPECT_EQ(b.shape(), (Shape{1, 3}));
  EXPECT_EQ(b.bytes()[1], std::byte{1});
  EXPECT_EQ(cast(b, DType::i32), Tensor::of<int32_t>({1, 3}, std::vector<int32_t>{0, 1, 1}));
}

}  // namespace
}  // namespace pare
