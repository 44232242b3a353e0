#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "core/data/crop.h"
#include "core/data/resample.h"
#include "core/random.h"

namespace pare {
namespace {

// Straight from the definition: the mean of the source under a triangle around the output pixel's centre.
double obvious(const std::vector<float>& line, double start, double extent, size_t to, size_t i) {
  const double ratio = extent / static_cast<double>(to), reach = std::max(1.0, ratio);
  const double centre = start + (static_cast<double>(i) + 0.5) * ratio - 0.5;
  double sum = 0, weights = 0;
  for (size_t j = 0; j < line.size(); ++j) {
    const auto at = static_cast<double>(j);
    if (at < std::floor(start) || at >= std::ceil(start + extent)) continue;
    const double weight = std::max(0.0, 1 - std::abs(at - centre) / reach);
    sum += weight * line[j];
    weights += weight;
  }
  return sum / weights;
}

TEST(Resample, AgreesWithTheDefinition) {
  Random random(3);
  for (int round = 0; round < 300; ++round) {
    const auto from = static_cast<int64_t>(1 + random.below(40)), to = static_cast<int64_t>(1 + random.below(40));
    const double extent = random.uniform(0.1, static_cast<double>(from));
    const double start = random.uniform(0, static_cast<double>(from) - extent);
    std::vector<float> line(static_cast<size_t>(from)), row(static_cast<size_t>(to)), column(static_cast<size_t>(to));
    for (float& v : line) v = static_cast<float>(random.uniform(0, 255));
    const Taps taps = make_taps(from, start, extent, to), one = make_taps(1, 0, 1, 1);
    resample(line.data(), line.size(), 1, one, taps, row.data());
    resample(line.data(), 1, 1, taps, one, column.data());
    for (size_t i = 0; i < row.size(); ++i) {
      const double expected = obvious(line, start, extent, row.size(), i);
      EXPECT_NEAR(row[i], expected, 1e-3);
      EXPECT_NEAR(column[i], expected, 1e-3);
    }
  }
}

TEST(Resample, SplitsChannelsIntoPlanes) {
  const std::vector<uint8_t> pixels = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12};  // 2 x 2 of three channels
  std::vector<uint8_t> planes(12);
  const Taps same = make_taps(2, 0, 2, 2);
  resample(pixels.data(), 2, 3, same, same, planes.data());
  EXPECT_THAT(planes, testing::ElementsAre(1, 4, 7, 10, 2, 5, 8, 11, 3, 6, 9, 12));
}

TEST(Crop, TheMiddleHasTheRatioThatIsWanted) {
  const Window wide = centre_window(100, 300, 1), tall = centre_window(100, 300, 4, 0.5);
  EXPECT_EQ(wide.height, 100);
  EXPECT_EQ(wide.width, 100);
  EXPECT_EQ(wide.left, 100);
  EXPECT_EQ(tall.width / tall.height, 4);
  EXPECT_EQ(tall.width, 150);
}

TEST(Crop, RandomPartsStayInsideAndInRange) {
  Random random(5);
  const CropRange range{{0.2, 0.6}, {0.5, 2}};
  for (int i = 0; i < 1000; ++i) {
    const Window w = random_window(300, 400, range, random);
    EXPECT_GE(w.top, 0);
    EXPECT_GE(w.left, 0);
    EXPECT_LE(w.top + w.height, 300);
    EXPECT_LE(w.left + w.width, 400);
    EXPECT_NEAR(w.width * w.height / (300 * 400), 0.4, 0.205);
    EXPECT_GT(w.width / w.height, 0.49);
    EXPECT_LT(w.width / w.height, 2.05);
  }
  const Window whole = random_window(1, 50, range, random);  // nothing fits: the middle
  EXPECT_EQ(whole.height, 1);
  EXPECT_EQ(whole.width, 2);
}

}  // namespace
}  // namespace pare
