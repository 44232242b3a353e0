#include "compress/share/kmeans.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "core/random.h"

namespace pare {
namespace {

// Sums over runs of points from prefix sums of values around their mean, which keeps cancellation small.
class Runs {
 public:
  explicit Runs(const Points& points)
      : weight_(points.size() + 1), first_(points.size() + 1), second_(points.size() + 1) {
    double sum = 0, all = 0;
    for (size_t i = 0; i < points.size(); ++i) sum += points.weight[i] * points.value[i], all += points.weight[i];
    middle_ = all > 0 ? sum / all : 0;
    for (size_t i = 0; i < points.size(); ++i) {
      const double x = points.value[i] - middle_, w = points.weight[i];
      weight_[i + 1] = weight_[i] + w;
      first_[i + 1] = first_[i] + w * x;
      second_[i + 1] = second_[i] + w * x * x;
    }
  }
  double weight(size_t from, size_t to) const { return weight_[to] - weight_[from]; }
  double total_before(size_t i) const { return weight_[i]; }
  double mean(size_t from, size_t to) const { return middle_ + (first_[to] - first_[from]) / weight(from, to); }
  // Sum of squared distances of points [from, to) to their mean.
  double cost(size_t from, size_t to) const {
    const double s = first_[to] - first_[from];
    return std::max(0.0, second_[to] - second_[from] - s * s / weight(from, to));
  }

 private:
  double middle_ = 0;
  std::vector<double> weight_, first_, second_;
};

// One row of the table: best[j] = least cost of points [0, j) in one cluster more than `previous` has. The optimal
// split does not move left as j grows, so halving the range of j halves the range of splits.
class Row {
 public:
  Row(const Runs& runs, const std::vector<double>& previous, std::vector<double>& best, std::vector<uint32_t>& split)
      : runs_(runs), previous_(previous), best_(best), split_(split) {}
  void fill(size_t low, size_t high, size_t split_low, size_t split_high) {
    while (low < high) {
      const size_t j = low + (high - low) / 2;
      double least = std::numeric_limits<double>::infinity();
      size_t at = split_low;
      for (size_t s = split_low; s <= std::min(split_high, j - 1); ++s) {
        const double cost = previous_[s] + runs_.cost(s, j);
        if (cost < least) least = cost, at = s;
      }
      best_[j] = least;
      split_[j] = static_cast<uint32_t>(at);
      fill(low, j, split_low, at);
      low = j + 1;
      split_low = at;
    }
  }

 private:
  const Runs& runs_;
  const std::vector<double>& previous_;
  std::vector<double>& best_;
  std::vector<uint32_t>& split_;
};

}  // namespace

Points collect(std::vector<float> values, size_t limit) {
  std::sort(values.begin(), values.end());
  Points points;
  for (const float v : values) {
    if (points.size() && points.value.back() == static_cast<double>(v)) {
      points.weight.back() += 1;
    } else {
      points.value.push_back(static_cast<double>(v));
      points.weight.push_back(1);
    }
  }
  if (points.size() <= limit) return points;

  const double low = points.value.front();
  const double width = (points.value.back() - low) / static_cast<double>(limit);
  Points bins;
  size_t open = limit;  // bin of the last entry; `limit` is none
  for (size_t i = 0; i < points.size(); ++i) {
    const size_t bin = std::min(limit - 1, static_cast<size_t>((points.value[i] - low) / width));
    if (bin != open) bins.value.push_back(0), bins.weight.push_back(0);
    open = bin;
    bins.value.back() += points.value[i] * points.weight[i];
    bins.weight.back() += points.weight[i];
  }
  for (size_t i = 0; i < bins.size(); ++i) bins.value[i] /= bins.weight[i];
  return bins;
}

std::vector<double> kmeans_exact(const Points& points, size_t k) {
  const size_t n = points.size();
  if (n <= k) return points.value;
  const Runs runs(points);
  std::vector<double> previous(n + 1, 0), best(n + 1, 0);
  for (size_t j = 1; j <= n; ++j) previous[j] = runs.cost(0, j);
  std::vector<std::vector<uint32_t>> splits;
  for (size_t clusters = 2; clusters <= k; ++clusters) {
    splits.emplace_back(n + 1, 0);
    Row(runs, previous, best, splits.back()).fill(clusters, n + 1, clusters - 1, n - 1);
    std::swap(previous, best);
  }
  std::vector<double> centres(k);
  size_t end = n;
  for (size_t c = k; c-- > 0;) {
    const size_t begin = c == 0 ? 0 : splits[c - 1][end];
    centres[c] = runs.mean(begin, end);
    end = begin;
  }
  return centres;
}

std::vector<double> kmeans_lloyd(const Points& points, std::vector<double> centres) {
  constexpr int kMostRounds = 300;
  const Runs runs(points);
  for (int round = 0; round < kMostRounds; ++round) {
    std::vector<double> next;
    size_t begin = 0;
    for (size_t c = 0; c < centres.size(); ++c) {
      size_t end = points.size();
      if (c + 1 < centres.size()) {
        const double border = (centres[c] + centres[c + 1]) / 2;
        end = static_cast<size_t>(
            std::upper_bound(points.value.begin() + static_cast<std::ptrdiff_t>(begin), points.value.end(), border) -
            points.value.begin());
      }
      if (end > begin) next.push_back(runs.mean(begin, end));  // a cluster without members goes
      begin = end;
    }
    if (next == centres) break;
    centres = std::move(next);
  }
  return centres;
}

std::vector<double> start_linear(const Points& points, size_t k) {
  if (points.size() <= k) return points.value;
  std::vector<double> centres(k);
  const double low = points.value.front(), high = points.value.back();
  for (size_t c = 0; c < k; ++c)
    centres[c] = k == 1 ? (low + high) / 2 : low + (high - low) * static_cast<double>(c) / static_cast<double>(k - 1);
  return centres;
}

std::vector<double> start_density(const Points& points, size_t k) {
  if (points.size() <= k) return points.value;
  const Runs runs(points);
  const double all = runs.weight(0, points.size());
  std::vector<double> centres;
  size_t at = 0;
  for (size_t c = 0; c < k; ++c) {
    const double wanted = all * (static_cast<double>(c) + 0.5) / static_cast<double>(k);
    while (at + 1 < points.size() && runs.total_before(at + 1) < wanted) ++at;
    if (centres.empty() || centres.back() < points.value[at]) centres.push_back(points.value[at]);
  }
  return centres;
}

std::vector<double> start_random(const Points& points, size_t k, uint64_t seed) {
  if (points.size() <= k) return points.value;
  Random random(seed);
  std::vector<double> shuffled = points.value;
  random.shuffle(std::span<double>(shuffled));
  shuffled.resize(k);
  std::sort(shuffled.begin(), shuffled.end());
  return shuffled;
}

size_t nearest_centre(std::span<const float> centres, float value) {
  const auto above = std::lower_bound(centres.begin(), centres.end(), value);
  if (above == centres.begin()) return 0;
  if (above == centres.end()) return centres.size() - 1;
  const auto index = static_cast<size_t>(above - centres.begin());
  const double up = static_cast<double>(centres[index]) - static_cast<double>(value);
  const double down = static_cast<double>(value) - static_cast<double>(centres[index - 1]);
  return down <= up ? index - 1 : index;
}

double distortion(const Points& points, std::span<const double> centres) {
  double sum = 0;
  for (size_t i = 0; i < points.size(); ++i) {
    double least = std::numeric_limits<double>::infinity();
    for (const double c : centres) least = std::min(least, (points.value[i] - c) * (points.value[i] - c));
    sum += points.weight[i] * least;
  }
  return sum;
}

}  // namespace pare
