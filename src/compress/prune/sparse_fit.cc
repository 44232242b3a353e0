#include "compress/prune/sparse_fit.h"

#include <algorithm>
#include <cmath>

namespace pare {
namespace {

constexpr int kBisections = 14, kMostSweeps = 40;
constexpr double kSmallestPenalty = 1e-6;  // of the one that makes all weights zero
constexpr double kTolerance = 1e-4;        // of a sweep's largest change, in terms of the output

}  // namespace

SparseFit::SparseFit(const Matrix& products, std::span<const double> start)
    : h_(products), start_(start), w_(start.begin(), start.end()), slope_(start.size()) {
  for (size_t i = 0; i < start.size(); ++i) {
    double sum = 0;
    for (size_t j = 0; j < start.size(); ++j) sum += h_.at(i, j) * start[j];
    energy_ += start[i] * sum;
    most_ = std::max(most_, std::fabs(sum));
  }
}

void SparseFit::set(std::span<const double> w) {
  for (size_t i = 0; i < w.size(); ++i) move(i, w[i]);
}

// Coordinate descent (Friedman et al., 2010) on (w - start)^T H (w - start) / 2 + penalty |w|_1.
void SparseFit::descend(double penalty, const std::vector<bool>& chosen) {
  const double small = kTolerance * std::sqrt(energy_);
  for (int sweep = 0; sweep < kMostSweeps; ++sweep) {
    double largest = 0;
    for (size_t i = 0; i < w_.size(); ++i) {
      if (!chosen[i]) continue;
      const double curvature = h_.at(i, i), before = w_[i];
      if (curvature <= 0) {
        if (penalty > 0) w_[i] = 0;  // no output depends on it
        continue;
      }
      const double best = before - slope_[i] / curvature, less = std::fabs(best) - penalty / curvature;
      move(i, less > 0 ? std::copysign(less, best) : 0);
      largest = std::max(largest, std::fabs(w_[i] - before) * std::sqrt(curvature));
    }
    if (largest <= small) return;
  }
}

double SparseFit::error() const {
  double sum = 0;
  for (size_t i = 0; i < w_.size(); ++i) sum += (w_[i] - start_[i]) * slope_[i];
  return std::max(sum, 0.0);
}

void SparseFit::move(size_t i, double to) {
  const double change = to - w_[i];
  if (change == 0) return;
  w_[i] = to;
  const auto row = h_.row(i);
  for (size_t j = 0; j < slope_.size(); ++j) slope_[j] += change * row[j];
}

void SparseFit::shrink(const std::vector<bool>& may_change, double closeness) {
  const double bound = closeness * closeness * energy_;
  if (bound <= 0) return;
  std::vector<double> best = w_, slope = slope_;
  double high = most_, low = high * kSmallestPenalty;
  for (int i = 0; i < kBisections; ++i) {
    const double penalty = std::sqrt(low * high);
    descend(penalty, may_change);
    if (error() <= bound) {
      low = penalty;
      best = w_;
      slope = slope_;
    } else {
      high = penalty;
    }
  }
  w_ = std::move(best);
  slope_ = std::move(slope);
}

void SparseFit::refit(const std::vector<bool>& may_change) {
  std::vector<bool> chosen = may_change;
  for (size_t i = 0; i < w_.size(); ++i)
    if (w_[i] == 0) chosen[i] = false;
  descend(0, chosen);
}

}  // namespace pare
