#include "format/bits.h"

#include <gtest/gtest.h>

#include "format/bytes.h"

namespace pare {
namespace {

TEST(Bits, FirstBitIsTheTopOfTheFirstByte) {
  std::vector<std::byte> out;
  BitWriter w(out);
  w.put(0b1, 1);
  w.put(0b01, 2);
  w.put(0xFFFF, 3);  // only the low bits count
  w.finish();
  ASSERT_EQ(out.size(), 1U);
  EXPECT_EQ(out[0], std::byte{0b10111100});
}

TEST(Bits, RoundTripOfAllWidths) {
  std::vector<std::byte> out;
  BitWriter w(out);
  for (unsigned width = 0; width <= 32; ++width) w.put(0xDEADBEEF, width);
  w.finish();
  BitReader r(out);
  for (unsigned width = 0; width <= 32; ++width)
    EXPECT_EQ(r.take(width), width == 0 ? 0U : 0xDEADBEEFU & (0xFFFFFFFFU >> (32 - width))) << width;
  EXPECT_TRUE(r.finish().ok());
}

TEST(Bits, GammaRoundTrip) {
  const std::vector<uint64_t> values = {1, 2, 3, 4, 255, 256, 0xFFFFFFFF, 0x100000000, UINT64_MAX};
  std::vector<std::byte> out;
  BitWriter w(out);
  uint64_t bits = 0;
  for (uint64_t v : values) w.put_gamma(v), bits += gamma_bits(v);
  w.finish();
  EXPECT_EQ(out.size(), (bits + 7) / 8);
  BitReader r(out);
  for (uint64_t v : values) EXPECT_EQ(r.take_gamma(), v);
  EXPECT_TRUE(r.finish().ok());
}

TEST(Bits, GammaOfZerosOnlyIsZero) {
  const std::vector<std::byte> zeros(20);
  BitReader r(zeros);
  EXPECT_EQ(r.take_gamma(), 0U);
}

TEST(Bits, EndIsChecked) {
  const std::vector<std::byte> two = {std::byte{0xFF}, std::byte{0x01}};
  BitReader short_of(two);
  short_of.skip(8);
  EXPECT_EQ(short_of.finish().code(), Code::corrupt);  // a byte left over
  BitReader padding(two);
  padding.skip(12);
  EXPECT_EQ(padding.finish().code(), Code::corrupt);  // padding is not zero
  BitReader past(two);
  past.skip(17);
  EXPECT_EQ(past.take(8), 0U);
  EXPECT_EQ(past.finish().code(), Code::truncated);
}

TEST(Bytes, VarintAndZigzagRoundTrip) {
  std::vector<std::byte> out;
  ByteWriter w(out);
  const std::vector<int64_t> values = {0, -1, 1, 63, -64, 64, INT64_MAX, INT64_MIN};
  for (int64_t v : values) w.varint(zigzag(v));
  w.text("pare");
  w.number(1.5F);
  ByteReader r(out);
  for (int64_t v : values) EXPECT_EQ(unzigzag(r.varint()), v);
  EXPECT_EQ(r.text(), "pare");
  EXPECT_EQ(r.number<float>(), 1.5F);
  EXPECT_TRUE(r.finish().ok());
}

TEST(Bytes, FirstErrorSticks) {
  const std::vector<std::byte> endless(11, std::byte{0xFF});
  ByteReader r(endless);
  EXPECT_EQ(r.varint(), 0U);
  EXPECT_EQ(r.status().code(), Code::corrupt);
  EXPECT_EQ(r.number<uint8_t>(), 0);
  EXPECT_EQ(r.finish().code(), Code::corrupt);
  ByteReader truncated(std::span<const std::byte>(endless.data(), 3));
  (void)truncated.number<uint64_t>();
  EXPECT_EQ(truncated.status().code(), Code::truncated);
}

}  // namespace
}  // namespace pare
