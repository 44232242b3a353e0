// Max pooling of planes on the CPU. LibTorch's own walks every window one element at a time, which costs a sixth of a
// small network's training step; this one compares a whole row of windows at once.
#pragma once

#include "train/torch/aten.h"

namespace pare::engine {

// x: (N, C, H, W), f32 on the CPU; no padding, no dilation. Differentiable. Of equal elements the first one wins and
// NaN beats everything, as in LibTorch.
at::Tensor max_pool_planes(const at::Tensor& x, at::IntArrayRef kernel, at::IntArrayRef stride);

}  // namespace pare::engine
