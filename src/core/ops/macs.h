// Counting multiply-accumulates.
#pragma once

#include <cstdint>
#include <limits>
#include <span>

#include "format/shape.h"

namespace pare::ops {

// Product that sticks to the largest number; symbols count once.
inline int64_t count_elements(std::span<const Dim> dims, int64_t times = 1) {
  for (const Dim& dim : dims) {
    const std::optional<int64_t> product = checked_mul(times, dim.factor);
    if (!product) return std::numeric_limits<int64_t>::max();
    times = *product;
  }
  return times;
}
// Without the batch, dimension 0.
inline int64_t count_per_sample(std::span<const Dim> dims, int64_t times = 1) {
  return dims.empty() ? times : count_elements(dims.subspan(1), times);
}

}  // namespace pare::ops
