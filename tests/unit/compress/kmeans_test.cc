#include "compress/share/kmeans.h"

#include <gtest/gtest.h>

#include <cmath>
#include <functional>

#include "core/random.h"

namespace pare {
namespace {

std::vector<float> random_values(uint64_t seed, size_t n) {
  Random random(seed);
  std::vector<float> values(n);
  for (float& v : values) v = static_cast<float>(random.normal());
  return values;
}

// Least cost over all ways to cut n sorted points into k runs.
double brute_force(const Points& points, size_t k) {
  double best = INFINITY;
  std::vector<size_t> cuts;
  const std::function<void(size_t)> choose = [&](size_t from) {
    if (cuts.size() + 1 == k) {
      double cost = 0;
      for (size_t c = 0; c < k; ++c) {
        const size_t begin = c == 0 ? 0 : cuts[c - 1], end = c + 1 == k ? points.size() : cuts[c];
        double sum = 0, weight = 0;
        for (size_t i = begin; i < end; ++i) sum += points.weight[i] * points.value[i], weight += points.weight[i];
        for (size_t i = begin; i < end; ++i) cost += points.weight[i] * std::pow(points.value[i] - sum / weight, 2);
      }
      best = std::min(best, cost);
      return;
    }
    for (size_t cut = from; cut < points.size(); ++cut) {
      cuts.push_back(cut);
      choose(cut + 1);
      cuts.pop_back();
    }
  };
  choose(1);
  return best;
}

TEST(KMeans, ExactFindsTheBestOfAllPartitions) {
  for (uint64_t seed = 0; seed < 20; ++seed) {
    std::vector<float> values = random_values(seed, 10);
    values.push_back(values[0]);  // a value that counts twice
    const Points points = collect(values);
    ASSERT_EQ(points.size(), 10U);
    for (size_t k = 1; k <= 5; ++k) {
      const auto centres = kmeans_exact(points, k);
      ASSERT_EQ(centres.size(), k);
      EXPECT_NEAR(distortion(points, centres), brute_force(points, k), 1e-9) << "seed " << seed << " k " << k;
    }
  }
}

TEST(KMeans, ExactIsNeverWorseThanLloyd) {
  const Points points = collect(random_values(7, 3000));
  const double exact = distortion(points, kmeans_exact(points, 15));
  EXPECT_LE(exact, distortion(points, kmeans_lloyd(points, start_linear(points, 15))) + 1e-9);
  EXPECT_LE(exact, distortion(points, kmeans_lloyd(points, start_density(points, 15))) + 1e-9);
  EXPECT_LE(exact, distortion(points, kmeans_lloyd(points, start_random(points, 15, 3))) + 1e-9);
}

TEST(KMeans, FewDistinctValuesKeepTheirOwnCentre) {
  const Points points = collect({1, 1, -2, 5, 5, 5});
  EXPECT_EQ(points.value, (std::vector<double>{-2, 1, 5}));
  EXPECT_EQ(points.weight, (std::vector<double>{1, 2, 3}));
  EXPECT_EQ(kmeans_exact(points, 8), points.value);
  EXPECT_EQ(start_linear(points, 8), points.value);
}

TEST(KMeans, BinsOfManyValuesChangeTheCostByLittle) {
  const std::vector<float> values = random_values(11, 20000);
  const Points all = collect(values, 1 << 20), bins = collect(values, 1 << 12);
  EXPECT_LE(bins.size(), size_t{1} << 12);
  const double exact = distortion(all, kmeans_exact(all, 8));
  const double binned = distortion(all, kmeans_exact(bins, 8));
  EXPECT_GE(binned, exact - 1e-9);
  EXPECT_LE(binned, exact * 1.0001);
}

TEST(KMeans, CentresAscendAndStartsAreReproducible) {
  const Points points = collect(random_values(3, 500));
  for (const auto& centres : {kmeans_exact(points, 31), start_density(points, 31), start_random(points, 31, 5)}) {
    EXPECT_TRUE(std::is_sorted(centres.begin(), centres.end()));
    EXPECT_EQ(std::adjacent_find(centres.begin(), centres.end()), centres.end());
  }
  EXPECT_EQ(start_random(points, 31, 5), start_random(points, 31, 5));
  EXPECT_NE(start_random(points, 31, 5), start_random(points, 31, 6));
}

TEST(KMeans, NearestCentreTakesTheLowerOnATie) {
  const std::vector<float> centres{-1, 0, 2};
  EXPECT_EQ(nearest_centre(centres, -5), 0U);
  EXPECT_EQ(nearest_centre(centres, -0.5F), 0U);
  EXPECT_EQ(nearest_centre(centres, 0.9F), 1U);
  EXPECT_EQ(nearest_centre(centres, 1.0F), 1U);
  EXPECT_EQ(nearest_centre(centres, 1.1F), 2U);
  EXPECT_EQ(nearest_centre(centres, 9), 2U);
}

}  // namespace
}  // namespace pare
