#include "format/container/tables.h"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <limits>

namespace pare {
namespace {

Grid codebook(std::vector<float> values) { return {.kind = GridKind::codebook, .codebook = std::move(values)}; }

// Coded and decoded again, bit for bit; the bytes it took.
size_t round_trip(const Grid& grid) {
  const auto bytes = encode_tables(grid);
  Grid back = grid;
  std::fill(back.codebook.begin(), back.codebook.end(), 7.0F);
  std::fill(back.scale.begin(), back.scale.end(), 7.0F);
  std::fill(back.zero_point.begin(), back.zero_point.end(), 7);
  const Status status = decode_tables(bytes, back);
  EXPECT_TRUE(status.ok()) << status.what();
  auto same = [](const std::vector<float>& a, const std::vector<float>& b) {
    for (size_t i = 0; i < a.size(); ++i)
      EXPECT_EQ(std::bit_cast<uint32_t>(a[i]), std::bit_cast<uint32_t>(b[i])) << i << " of " << a.size();
  };
  same(grid.codebook, back.codebook);
  same(grid.scale, back.scale);
  EXPECT_EQ(grid.zero_point, back.zero_point);
  for (size_t n = 0; n < bytes.size(); ++n) {
    Grid cut = grid;
    EXPECT_FALSE(decode_tables(std::span(bytes).first(n), cut).ok());
  }
  return bytes.size();
}

TEST(Tables, EveryKindOfListSurvives) {
  const float inf = std::numeric_limits<float>::infinity(), tiny = std::numeric_limits<float>::denorm_min(),
              huge = std::numeric_limits<float>::max();
  for (const std::vector<float>& values : {std::vector<float>{0},
                                           {-0.0F},
                                           {1},
                                           {0, 0, 0},
                                           {-0.0F, 0},
                                           {1, 1, 1},
                                           {-1, 0, 1},
                                           {1, 2, 3, 5},
                                           {5, 3, 2, 1},
                                           {tiny, -tiny, 0},
                                           {huge, -huge},
                                           {huge, tiny},
                                           {inf, 0},
                                           {0.1F, 0.2F, 0.3F},
                                           {-0.7F, -0.1F, 0, 0.1F, 0.7F},
                                           {std::nanf("")},
                                           {16777216, 1},
                                           {16777215, 1}}) {
    round_trip(codebook(values));
    round_trip({.scale = values});
  }
  round_trip({.scale = {1, 2}, .zero_point = {0, 0}});
  round_trip({.scale = {1, 2, 3}, .zero_point = {INT32_MIN, 7, INT32_MAX}});
  round_trip({});
}

TEST(Tables, ListsWithASystemTakeFewBytes) {
  std::vector<float> steps, same(256, 0.0123F), powers, sorted;
  for (int i = -8; i < 8; ++i) steps.push_back(static_cast<float>(i) * 0.03125F);
  for (int i = 0; i < 64; ++i) powers.push_back(std::ldexp(1.0F, i % 7 - 9));
  for (int i = 0; i < 64; ++i) sorted.push_back(std::sin(static_cast<float>(i - 32) * 0.04F) * 0.3F);
  EXPECT_LE(round_trip(codebook(steps)), 8U);
  EXPECT_LE(round_trip({.scale = same}), 6U);
  EXPECT_LE(round_trip({.scale = powers}), 32U);
  EXPECT_LE(round_trip(codebook(sorted)), 3 * sorted.size());
}

TEST(Tables, DamageIsAnErrorOrOtherNumbers) {
  std::vector<float> values;
  for (int i = 0; i < 16; ++i) values.push_back(static_cast<float>(i * i) * 0.37F);
  Grid grid = {.scale = values, .zero_point = std::vector<int32_t>(16, 3)};
  auto bytes = encode_tables(grid);
  for (size_t bit = 0; bit < bytes.size() * 8; ++bit) {
    bytes[bit / 8] ^= std::byte{1} << (bit % 8);
    (void)decode_tables(bytes, grid);
    bytes[bit / 8] ^= std::byte{1} << (bit % 8);
  }
}

}  // namespace
}  // namespace pare
