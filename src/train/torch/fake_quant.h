// Rounding to a grid with a straight-through gradient: 1 inside the grid's range, 0 outside.
#pragma once

#include "format/grid.h"
#include "train/torch/aten.h"

namespace pare::engine {

// The range and step of an affine grid along an axis, shaped to broadcast against the tensor.
struct AffineRange {
  at::Tensor scale, zero_point;  // float; one element, or one per index of the axis
  double low = 0, high = 255;    // levels that exist
};

// Levels as floats: clamp(round_half_even(x / scale) + zero_point). Differentiable in x.
at::Tensor quantize(const at::Tensor& x, const AffineRange& range);
// (level - zero_point) * scale.
at::Tensor dequantize(const at::Tensor& levels, const AffineRange& range);

// v (one element or one per index of `axis`) with ones for the other axes of a tensor of `rank`.
at::Tensor along_axis(const at::Tensor& v, int64_t axis, int64_t rank);
// Values rounded to `grid`; affine grids without blocks. Error(unsupported) for others.
at::Tensor round_to_grid(const at::Tensor& x, const Grid& grid);

}  // namespace pare::engine
