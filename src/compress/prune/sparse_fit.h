// The sparsest weights that keep an output of a layer close to what it was: the convex program behind Net-Trim.
#pragma once

#include <span>
#include <vector>

#include "compress/prune/channels/matrix.h"

namespace pare {

// Weights of one output. The error of w is (w - start)^T H (w - start), where H = X X^T of the inputs.
class SparseFit {
 public:
  // `products` is H; both have to outlive this.
  SparseFit(const Matrix& products, std::span<const double> start);
  // The w of least sum of |w| whose error is at most closeness^2 start^T H start. Where `may_change` is false, w stays
  // as it is. Coordinate descent on the Lagrangian, whose multiplier is found by bisection; the bound holds exactly.
  void shrink(const std::vector<bool>& may_change, double closeness);
  // Moves the elements that are not zero to where the error is least; zeros stay.
  void refit(const std::vector<bool>& may_change);
  void set(std::span<const double> w);
  const std::vector<double>& weights() const { return w_; }
  // The error over start^T H start; 0 where that is.
  double relative_error() const { return energy_ > 0 ? error() / energy_ : 0; }

 private:
  void descend(double penalty, const std::vector<bool>& chosen);
  void move(size_t i, double to);
  double error() const;

  const Matrix& h_;
  std::span<const double> start_;
  std::vector<double> w_, slope_;  // slope: H (w - start)
  double energy_ = 0, most_ = 0;   // most: the penalty at which everything is zero
};

}  // namespace pare
