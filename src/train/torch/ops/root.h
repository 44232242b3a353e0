// Roots of sums of powers, as norms are.
#pragma once

#include "train/torch/aten.h"

namespace pare::engine {

// The p-th root of what is not negative. The slope at zero, which is without bounds, counts as zero: behind a ReLU
// whole windows are zero, and infinity times zero would spoil all gradients.
inline at::Tensor root(const at::Tensor& x, double p) {
  if (p == 1) return x;
  const at::Tensor zero = x.eq(0);
  const at::Tensor y = at::pow(x.masked_fill(zero, 1), 1 / p);
  return y.masked_fill(zero, 0);
}

}  // namespace pare::engine
