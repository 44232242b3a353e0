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
// The batch is dimension 0; a symbolic one that is a multiple (windows of each image) counts that often.
inline int64_t count_per_sample(std::span<const Dim> dims, int64_t times = 1) {
  return dims.empty() ? times : count_elements(dims.subspan(dims[0].known() ? 1 : 0), times);
}

}  // namespace pare::ops
