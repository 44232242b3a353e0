#include "compress/prune/sparse_fit.h"

#include <algorithm>
#include <cmath>

namespace pare {
namespace {

constexpr int kBisections = 14, kMostSweeps = 40;
constexpr double kSmallestPenalty = 1e-6;  // of the one that makes all weights zero
constexpr double kTolerance = 1e-4;        // of a sweep's largest change, in terms of the output

// Coordinate descent (Friedman et al., 2010) on (w - start)^T H (w - start) / 2 + penalty |w|_1.
class Descent {
 public:
  Descent(const Matrix& products, std::span<const double> start)
      : h_(products), start_(start), w_(start.begin(), start.end()), slope_(start.size()) {
    for (size_t i = 0; i < start.size(); ++i)
      for (size_t j = 0; j < start.size(); ++j) energy_ += start[i] * h_.at(i, j) * start[j];
  }
  double energy() const { return energy_; }
  const std::vector<double>& weights() const { return w_; }

  void set(const std::vector<double>& w) {
    for (size_t i = 0; i < w.size(); ++i) move(i, w[i]);
  }

  // The penalty at which everything is zero.
  double largest_penalty() const {
    double largest = 0;
    for (size_t i = 0; i < start_.size(); ++i) {
      double sum = 0;
      for (size_t j = 0; j < start_.size(); ++j) sum += h_.at(i, j) * start_[j];
      largest = std::max(largest, std::fabs(sum));
    }
    return largest;
  }

  void solve(double penalty, const std::vector<bool>& chosen) {
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

  double error() const {
    double sum = 0;
    for (size_t i = 0; i < w_.size(); ++i) sum += (w_[i] - start_[i]) * slope_[i];
    return std::max(sum, 0.0);
  }

 private:
  void move(size_t i, double to) {
    const double change = to - w_[i];
    if (change == 0) return;
    w_[i] = to;
    const auto row = h_.row(i);
    for (size_t j = 0; j < slope_.size(); ++j) slope_[j] += change * row[j];
  }

  const Matrix& h_;
  std::span<const double> start_;
  std::vector<double> w_, slope_;  // slope: H (w - start)
  double energy_ = 0;
};

}  // namespace

std::vector<double> sparse_fit(const Matrix& products, std::span<const double> start,
                               const std::vector<bool>& may_change, double closeness) {
  Descent descent(products, start);
  std::vector<double> best(start.begin(), start.end());
  const double bound = closeness * closeness * descent.energy();
  if (bound <= 0) return best;
  double high = descent.largest_penalty(), low = high * kSmallestPenalty;
  for (int i = 0; i < kBisections; ++i) {
    const double penalty = std::sqrt(low * high);
    descent.solve(penalty, may_change);
    if (descent.error() <= bound) {
      low = penalty;
      best = descent.weights();
    } else {
      high = penalty;
    }
  }
  return best;
}

void refit(const Matrix& products, std::span<const double> start, const std::vector<bool>& may_change,
           std::vector<double>& w) {
  Descent descent(products, start);
  descent.set(w);
  std::vector<bool> chosen = may_change;
  for (size_t i = 0; i < w.size(); ++i)
    if (w[i] == 0) chosen[i] = false;
  descent.solve(0, chosen);
  w = descent.weights();
}

double relative_error(const Matrix& products, std::span<const double> start, std::span<const double> w) {
  Descent descent(products, start);
  descent.set({w.begin(), w.end()});
  return descent.energy() > 0 ? descent.error() / descent.energy() : 0;
}

}  // namespace pare
