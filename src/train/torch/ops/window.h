// Strides, pads and dilations as Conv and the pools share them.
#pragma once

#include <string>
#include <vector>

#include "core/graph.h"
#include "train/torch/aten.h"

namespace pare::engine {

struct Padding {
  std::vector<int64_t> begin, end;  // per spatial axis, each >= 0 unless the model says otherwise
  bool symmetric() const { return begin == end; }
  bool zero() const;
};

class Window {
 public:
  explicit Window(const Node& node);
  // Fills what attributes leave out for `rank` spatial axes; `kernel` is used when the node has no kernel_shape.
  struct Resolved {
    std::vector<int64_t> kernel, stride, dilation;
    Padding padding;
  };
  Resolved resolve(at::IntArrayRef input, at::IntArrayRef kernel) const;

 private:
  std::string auto_pad_;
  std::vector<int64_t> kernel_, stride_, dilation_, pads_;
};

// Pads the spatial axes of x (N, C, spatial...) with `value`.
at::Tensor pad_spatial(const at::Tensor& x, const Padding& padding, double value);

}  // namespace pare::engine
