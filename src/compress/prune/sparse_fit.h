// The sparsest weights that keep an output of a layer close to what it was: the convex program behind Net-Trim.
#pragma once

#include <span>
#include <vector>

#include "compress/prune/channels/matrix.h"

namespace pare {

// The w of least sum of |w| with (w - start)^T H (w - start) <= closeness^2 start^T H start. `products` is H = X X^T of
// the inputs. Where `may_change` is false, w stays as it is. Coordinate descent on the Lagrangian, whose multiplier is
// found by bisection; the bound holds exactly.
std::vector<double> sparse_fit(const Matrix& products, std::span<const double> start,
                               const std::vector<bool>& may_change, double closeness);
// Moves the elements that are not zero to where (w - start)^T H (w - start) is least; zeros stay.
void refit(const Matrix& products, std::span<const double> start, const std::vector<bool>& may_change,
           std::vector<double>& w);
// (w - start)^T H (w - start) over start^T H start; 0 where that is.
double relative_error(const Matrix& products, std::span<const double> start, std::span<const double> w);

}  // namespace pare
