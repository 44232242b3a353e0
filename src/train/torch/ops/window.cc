#include "train/torch/ops/window.h"

#include <algorithm>

#include "core/error.h"

namespace pare::engine {

bool Padding::zero() const {
  const auto none = [](int64_t n) { return n == 0; };
  return std::all_of(begin.begin(), begin.end(), none) && std::all_of(end.begin(), end.end(), none);
}

Window::Window(const Node& node)
    : auto_pad_(node.attributes.text("auto_pad", "NOTSET")),
      kernel_(node.attributes.integers("kernel_shape")),
      stride_(node.attributes.integers("strides")),
      dilation_(node.attributes.integers("dilations")),
      pads_(node.attributes.integers("pads")) {}

Window::Resolved Window::resolve(at::IntArrayRef input, at::IntArrayRef kernel) const {
  const size_t rank = input.size();
  Resolved r;
  r.kernel = kernel_.empty() ? kernel.vec() : kernel_;
  r.stride = stride_.empty() ? std::vector<int64_t>(rank, 1) : stride_;
  r.dilation = dilation_.empty() ? std::vector<int64_t>(rank, 1) : dilation_;
  ensure(r.kernel.size() == rank && r.stride.size() == rank && r.dilation.size() == rank,
         "kernel_shape, strides and dilations must have {} entries", rank);
  r.padding.begin.assign(rank, 0);
  r.padding.end.assign(rank, 0);
  if (auto_pad_ == "SAME_UPPER" || auto_pad_ == "SAME_LOWER") {
    for (size_t i = 0; i < rank; ++i) {
      const int64_t out = (input[i] + r.stride[i] - 1) / r.stride[i];
      const int64_t reach = (r.kernel[i] - 1) * r.dilation[i] + 1;
      const int64_t total = std::max<int64_t>((out - 1) * r.stride[i] + reach - input[i], 0);
      r.padding.begin[i] = auto_pad_ == "SAME_UPPER" ? total / 2 : total - total / 2;
      r.padding.end[i] = total - r.padding.begin[i];
    }
  } else if (auto_pad_ == "NOTSET" && !pads_.empty()) {
    ensure(pads_.size() == 2 * rank, "pads must have {} entries", 2 * rank);
    r.padding.begin.assign(pads_.begin(), pads_.begin() + static_cast<int64_t>(rank));
    r.padding.end.assign(pads_.begin() + static_cast<int64_t>(rank), pads_.end());
  } else {
    ensure(auto_pad_ == "NOTSET" || auto_pad_ == "VALID", "auto_pad is '{}'", auto_pad_);
  }
  return r;
}

at::Tensor pad_spatial(const at::Tensor& x, const Padding& padding, double value) {
  if (padding.zero()) return x;
  std::vector<int64_t> pads;  // last axis first, as LibTorch wants it
  for (size_t i = padding.begin.size(); i-- > 0;) {
    pads.push_back(padding.begin[i]);
    pads.push_back(padding.end[i]);
  }
  return at::constant_pad_nd(x, pads, value);
}

}  // namespace pare::engine
