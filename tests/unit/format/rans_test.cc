// rans against itself: every shape and range comes back, the loop with vectors does what the scalar one does,
// neighbours are used, and damaged bytes end in an error or in levels that are in range.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <random>

#include "format/codec/rans_decode.h"

namespace pare {
namespace {

struct Case {
  std::string name;
  TensorInfo info;
  std::vector<int32_t> levels;
};

TensorInfo info_of(Shape shape, int32_t low, int32_t high, int32_t zero) {
  return {.payload = Payload::levels,
          .dtype = DType::i32,
          .shape = std::move(shape),
          .low = low,
          .high = high,
          .zero = zero};
}

// Laplacian levels whose scale differs by row and column, each also drawn to the one before it.
std::vector<int32_t> filters(const Shape& shape, double scale, double smooth, int32_t low, int32_t high,
                             uint32_t seed) {
  const auto count = static_cast<size_t>(*element_count(shape));
  const size_t rows = shape.empty() ? 1 : static_cast<size_t>(std::max<int64_t>(shape[0], 1));
  const size_t columns = std::max<size_t>(count / rows, 1);
  std::mt19937 random(seed);
  std::uniform_real_distribution<double> uniform(-1, 1);
  std::vector<double> of_row(rows), of_column(columns);
  for (double& s : of_row) s = std::exp2(1.5 * uniform(random));
  for (double& s : of_column) s = std::exp2(1.5 * uniform(random));
  std::vector<int32_t> levels(count);
  double last = 0;
  for (size_t i = 0; i < count; ++i) {
    const double u = uniform(random);
    const double laplacian = (u < 0 ? 1 : -1) * std::log(1 - std::abs(u));
    last = smooth * last + scale * of_row[i / columns] * of_column[i % columns] * laplacian;
    levels[i] = static_cast<int32_t>(
        std::clamp(std::round(last), double{static_cast<double>(low)}, double{static_cast<double>(high)}));
  }
  return levels;
}

std::vector<Case> cases() {
  std::vector<Case> all;
  const auto add = [&](std::string name, TensorInfo info, std::vector<int32_t> levels) {
    all.push_back({std::move(name), std::move(info), std::move(levels)});
  };
  for (const Shape& shape : {Shape{}, Shape{1}, Shape{0}, Shape{5, 0}, Shape{3000}, Shape{1, 5000}, Shape{7, 300},
                             Shape{300, 7}, Shape{64, 32, 3, 3}, Shape{50, 1, 3, 3}, Shape{1, 1, 40, 90},
                             Shape{9, 8, 7, 2, 3}, Shape{33, 1000}, Shape{1000, 33}})
    for (const double scale : {0.05, 0.8, 15.0})
      add("shape", info_of(shape, -128, 127, 0), filters(shape, scale, 0, -128, 127, 1));
  add("all equal", info_of({70, 70}, -8, 7, 0), std::vector<int32_t>(4900, -3));
  add("smooth", info_of({64, 64, 3, 3}, -128, 127, 0), filters({64, 64, 3, 3}, 8, 0.7, -128, 127, 2));
  add("large", info_of({600, 1000}, -128, 127, 0), filters({600, 1000}, 8, 0.3, -128, 127, 3));
  add("unsigned", info_of({100, 100}, 0, 15, 7), filters({100, 100}, 2, 0.4, 0, 15, 4));
  add("no zero", info_of({100, 100}, 5, 260, 4), filters({100, 100}, 60, 0.4, 5, 260, 5));
  add("16 bits", info_of({100, 100}, -32768, 32767, 0), filters({100, 100}, 900, 0, -32768, 32767, 6));
  add("24 bits, sparse", info_of({100, 100}, -8388608, 8388607, 0), filters({100, 100}, 0.02, 0, -8388608, 8388607, 7));
  all.back().levels[1234] = -8388608;
  std::mt19937 random(8);
  std::vector<int32_t> any(2000), comb = filters({80, 90}, 20, 0, -40, 40, 9);
  for (int32_t& l : any) l = static_cast<int32_t>(random());
  for (int32_t& l : comb) l = 3 * l + (l > 0);
  add("32 bits", info_of({40, 50}, INT32_MIN, INT32_MAX, 0), any);
  add("extremes", info_of({2}, INT32_MIN, INT32_MAX, 0), {INT32_MIN, INT32_MAX});
  add("far from zero", info_of({50, 50}, INT32_MIN, INT32_MAX, 0), filters({50, 50}, 1, 0, 5, 9, 10));
  for (int32_t& l : all.back().levels) l += 2000000000;
  add("comb", info_of({80, 90}, -128, 127, 0), comb);
  return all;
}

const Encoder& encoder() { return *find_encoder("rans"); }

std::vector<std::byte> encode(const Case& c) {
  std::vector<std::byte> out;
  encoder().encode(c.info, c.levels, {}, out);
  return out;
}

TEST(Rans, EveryShapeAndRangeComesBack) {
  for (const Case& c : cases()) {
    SCOPED_TRACE(c.name + " " + std::to_string(c.levels.size()));
    const auto bytes = encode(c);
    for (const bool vectors : {false, true}) {
      std::vector<int32_t> out(c.levels.size(), -77);
      const Status status = rans_decode(c.info, bytes, out, vectors);
      ASSERT_TRUE(status.ok()) << status.what();
      EXPECT_EQ(out, c.levels);
    }
    const double bits = 8.0 * static_cast<double>(bytes.size());
    EXPECT_NEAR(static_cast<double>(encoder().estimate_bits(c.info, c.levels, {})), bits, std::max(32.0, bits / 100));
  }
}

// In bits, without any table.
double entropy(const std::vector<int32_t>& levels) {
  std::vector<int32_t> sorted = levels;
  std::sort(sorted.begin(), sorted.end());
  double bits = 0;
  for (size_t i = 0, j = 0; i < sorted.size(); i = j) {
    while (j < sorted.size() && sorted[j] == sorted[i]) ++j;
    bits -= static_cast<double>(j - i) * std::log2(static_cast<double>(j - i) / static_cast<double>(sorted.size()));
  }
  return bits;
}

TEST(Rans, NeighboursArePredictions) {
  const Shape shape{64, 64, 3, 3};
  for (const double smooth : {0.0, 0.7}) {
    const Case c{"", info_of(shape, -128, 127, 0), filters(shape, 4, smooth, -128, 127, 11)};
    EXPECT_LT(8 * static_cast<double>(encode(c).size()), (smooth > 0 ? 0.94 : 0.96) * entropy(c.levels));
  }
}

TEST(Rans, IndependentLevelsTakeTheirEntropy) {
  std::mt19937 random(12);
  Case c{"", info_of({400, 500}, -8, 7, 0), std::vector<int32_t>(200000)};
  for (int32_t& l : c.levels)
    if (random() % 10 == 0) l = static_cast<int32_t>(random() % 15) - 7;
  EXPECT_LT(8 * static_cast<double>(encode(c).size()), 1.002 * entropy(c.levels) + 500);
}

TEST(Rans, SmallTensorsPayLittle) {
  const Case c{"", info_of({100}, -8, 7, 0), filters({100}, 1.5, 0, -8, 7, 13)};
  EXPECT_LT(static_cast<double>(encode(c).size()), entropy(c.levels) / 8 + 14);
  EXPECT_LE(encode({"", info_of({1000}, -8, 7, 0), std::vector<int32_t>(1000)}).size(), 1U);
}

// Both loops must agree on whether damaged bytes decode and to what; levels are in range in any case.
void expect_harmless(const Case& c, std::span<const std::byte> bytes) {
  std::vector<int32_t> scalar(c.levels.size(), c.info.low), vectors = scalar;
  const Status first = rans_decode(c.info, bytes, scalar, false);
  const Status second = rans_decode(c.info, bytes, vectors, true);
  EXPECT_EQ(first.code(), second.code());
  if (!first.ok() || !second.ok()) return;
  EXPECT_EQ(scalar, vectors);
  EXPECT_TRUE(
      std::all_of(scalar.begin(), scalar.end(), [&](int32_t l) { return l >= c.info.low && l <= c.info.high; }));
}

TEST(Rans, DamagedBytesAreHarmless) {
  std::mt19937 random(14);
  for (const Case& c : cases()) {
    if (c.levels.size() > 20000) continue;
    SCOPED_TRACE(c.name + " " + std::to_string(c.levels.size()));
    const auto bytes = encode(c);
    for (size_t length = 0; length < bytes.size(); length += length < 60 ? 1 : 1 + bytes.size() / 20) {
      expect_harmless(c, std::span(bytes).first(length));
      std::vector<int32_t> out(c.levels.size());
      EXPECT_FALSE(rans_decode(c.info, std::span(bytes).first(length), out, true).ok());
    }
    for (size_t bit = 0; bit < 8 * bytes.size(); bit += bit < 300 ? 1 : 1 + random() % (8 * bytes.size() / 25 + 1)) {
      auto damaged = bytes;
      damaged[bit / 8] ^= static_cast<std::byte>(1 << bit % 8);
      expect_harmless(c, damaged);
    }
    auto longer = bytes;
    longer.push_back(std::byte{0});
    std::vector<int32_t> out(c.levels.size());
    EXPECT_FALSE(rans_decode(c.info, longer, out, true).ok());
  }
}

TEST(Rans, NoiseIsHarmless) {
  std::mt19937 random(15);
  const Case c{"", info_of({30, 20, 3, 3}, -8, 7, 0), std::vector<int32_t>(5400)};
  for (int round = 0; round < 3000; ++round) {
    std::vector<std::byte> noise(random() % 400);
    for (std::byte& b : noise) b = static_cast<std::byte>(random());
    if (!noise.empty())
      noise[0] = static_cast<std::byte>(static_cast<unsigned>(noise[0]) | 0x1CU);  // no plain bits, centred
    expect_harmless(c, noise);
  }
}

}  // namespace
}  // namespace pare
