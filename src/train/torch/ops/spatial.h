// Windows over spatial axes as Conv and the pools share them: read by format/ops/window.h, here met by real sizes.
#pragma once

#include <optional>

#include "core/graph.h"
#include "format/ops/window.h"
#include "train/torch/aten.h"

namespace pare::engine {

// The window of a node, whose kernel size may be known from the weight only.
class NodeWindow {
 public:
  explicit NodeWindow(const Node& node);
  Window raw(at::IntArrayRef weight_kernel = {}) const;  // as the attributes say it, auto_pad unresolved
  // With explicit pads for these spatial sizes.
  Window at(at::IntArrayRef spatial, at::IntArrayRef weight_kernel = {}) const;

 private:
  std::optional<Window> window_;
  Attributes attributes_;  // only looked into without a kernel_shape
};

// A convolution with explicit pads, which may differ on the two sides of an axis.
at::Tensor convolve(at::Tensor x, const at::Tensor& w, const Optional<at::Tensor>& bias, Window window, int64_t groups);

// Pads the spatial axes of x (N, C, spatial...) with `value`.
at::Tensor pad_spatial(const at::Tensor& x, const Shape& begin, const Shape& end, double value);

}  // namespace pare::engine
