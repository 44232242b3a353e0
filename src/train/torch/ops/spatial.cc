#include "train/torch/ops/spatial.h"

#include <algorithm>

#include "core/error.h"

namespace pare::engine {

NodeWindow::NodeWindow(const Node& node) {
  const Shape kernel = node.attributes.integers("kernel_shape");
  if (kernel.empty())
    attributes_ = node.attributes;
  else
    window_ = take(read_window(node.attributes, kernel), "attributes");
}

Window NodeWindow::raw(at::IntArrayRef weight_kernel) const {
  return window_ ? *window_ : take(read_window(attributes_, weight_kernel.vec()), "attributes");
}

Window NodeWindow::at(at::IntArrayRef spatial, at::IntArrayRef weight_kernel) const {
  Window window = raw(weight_kernel);
  if (const Status status = resolve_pads(window, {spatial.data(), spatial.size()}); !status.ok())
    raise(status, "attributes");
  return window;
}

at::Tensor convolve(at::Tensor x, const at::Tensor& w, const Optional<at::Tensor>& bias, Window window,
                    int64_t groups) {
  if (window.pads_begin != window.pads_end) {
    x = pad_spatial(x, window.pads_begin, window.pads_end, 0);
    window.pads_begin.assign(window.rank(), 0);
  }
  const Shape none(window.rank(), 0);
  return at::convolution(x, w, bias, window.strides, window.pads_begin, window.dilations, /*transposed=*/false,
                         /*output_padding=*/none, groups);
}

at::Tensor pad_spatial(const at::Tensor& x, const Shape& begin, const Shape& end, double value) {
  std::vector<int64_t> pads;  // last axis first, as LibTorch wants it
  for (size_t i = begin.size(); i-- > 0;) {
    pads.push_back(begin[i]);
    pads.push_back(end[i]);
  }
  if (std::all_of(pads.begin(), pads.end(), [](int64_t n) { return n == 0; })) return x;
  return at::constant_pad_nd(x, pads, value);
}

}  // namespace pare::engine
