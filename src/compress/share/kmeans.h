// k-means in one dimension: exact by dynamic programming, or Lloyd's iteration from a chosen start.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace pare {

// Distinct values in ascending order and how much each counts.
struct Points {
  std::vector<double> value, weight;
  size_t size() const { return value.size(); }
};
// More than `limit` distinct values become `limit` bins of equal width, each at the mean of its members: with 2^16 bins
// the clusters of millions of weights move by less than the width of a bin.
inline constexpr size_t kMostPoints = size_t{1} << 16;
Points collect(std::vector<float> values, size_t limit = kMostPoints);

// All return at most k centres, ascending and distinct.
// Least sum of weighted squares there is: O(k n log n) time (divide and conquer over optimal split points), k n memory.
std::vector<double> kmeans_exact(const Points& points, size_t k);
std::vector<double> kmeans_lloyd(const Points& points, std::vector<double> start);

std::vector<double> start_linear(const Points& points, size_t k);   // evenly over the range
std::vector<double> start_density(const Points& points, size_t k);  // the same weight between any two
std::vector<double> start_random(const Points& points, size_t k, uint64_t seed);

// Index of the nearest centre; the lower one on a tie. `centres` ascend and are not empty.
size_t nearest_centre(std::span<const float> centres, float value);
// Weighted sum of squared distances to the nearest centre.
double distortion(const Points& points, std::span<const double> centres);

}  // namespace pare
