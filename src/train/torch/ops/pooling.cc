// MaxPool, AveragePool, LpPool, and those over all of the spatial axes. One-dimensional pools run as two-dimensional
// ones of height 1.
#include <algorithm>
#include <limits>

#include "core/error.h"
#include "train/torch/op.h"
#include "train/torch/ops/max_pool.h"
#include "train/torch/ops/root.h"
#include "train/torch/ops/spatial.h"

namespace pare::engine {
namespace {

// A window and how far its last position reaches beyond the padded input (ceil_mode).
struct PoolPlan {
  Window window;
  Shape beyond;
};

PoolPlan plan_pool(const NodeWindow& node_window, const at::Tensor& x) {
  const at::IntArrayRef spatial = x.sizes().slice(2);
  PoolPlan plan{node_window.at(spatial), {}};
  const Window& w = plan.window;
  Symbols symbols;
  for (size_t i = 0; i < spatial.size(); ++i) {
    const int64_t outputs = take(window_output(w, i, spatial[i], symbols), "attributes").factor;
    const int64_t padded = w.pads_begin[i] + spatial[i] + w.pads_end[i];
    plan.beyond.push_back((outputs - 1) * w.strides[i] + w.extent(i) - padded);
  }
  return plan;
}

// The input with its padding, widened or cut at the end to what the windows see.
at::Tensor padded(const at::Tensor& x, const PoolPlan& plan, double value) {
  Shape end = plan.window.pads_end;
  for (size_t i = 0; i < end.size(); ++i) end[i] += plan.beyond[i] > 0 ? plan.beyond[i] : 0;
  return pad_spatial(x, plan.window.pads_begin, end, value);
}

// (N, C, L) as (N, C, 1, L).
at::Tensor lift_1d(const at::Tensor& x) { return x.dim() == 3 ? x.unsqueeze(2) : x; }
Shape lift_1d(const Shape& v) { return v.size() == 1 ? Shape{1, v[0]} : v; }
at::Tensor lower_1d(const at::Tensor& y, int64_t rank) { return rank == 3 ? y.squeeze(2) : y; }

// Drops windows that ceil_mode's rule drops although they fit (they would see nothing but padding).
at::Tensor crop(at::Tensor y, const at::Tensor& x, const PoolPlan& plan) {
  const Window& w = plan.window;
  for (size_t i = 0; i < w.rank(); ++i) {
    const int64_t axis = static_cast<int64_t>(i) + 2;
    const int64_t seen = w.pads_begin[i] + x.size(axis) + w.pads_end[i] + plan.beyond[i];
    y = y.slice(axis, 0, (seen - w.extent(i)) / w.strides[i] + 1);
  }
  return y;
}

at::Tensor max_pool(const at::Tensor& x, const Window& w) {
  const at::Tensor x2 = lift_1d(x);
  const Shape kernel = lift_1d(w.kernel), stride = lift_1d(w.strides), dilation = lift_1d(w.dilations),
              none(kernel.size(), 0);
  const bool dilated = std::any_of(dilation.begin(), dilation.end(), [](int64_t d) { return d != 1; });
  if (x2.dim() == 5) return at::max_pool3d(x2, kernel, stride, none, dilation);
  return lower_1d(x2.is_cpu() && !dilated ? max_pool_planes(x2, kernel, stride)
                                          : at::max_pool2d(x2, kernel, stride, none, dilation),
                  x.dim());
}

// Divided by `divisor`, or by the number of elements of a window.
at::Tensor average_pool(const at::Tensor& x, const Window& w, Optional<int64_t> divisor) {
  const at::Tensor x2 = lift_1d(x);
  const Shape kernel = lift_1d(w.kernel), stride = lift_1d(w.strides), none(kernel.size(), 0);
  const at::Tensor y = x2.dim() == 5 ? at::avg_pool3d(x2, kernel, stride, none, false, true, divisor)
                                     : at::avg_pool2d(x2, kernel, stride, none, false, true, divisor);
  return lower_1d(y, x.dim());
}

// Sums of windows; dilated ones are those of a convolution with ones.
at::Tensor sum_pool(const at::Tensor& x, const Window& w) {
  if (std::all_of(w.dilations.begin(), w.dilations.end(), [](int64_t d) { return d == 1; }))
    return average_pool(x, w, 1);
  Shape kernel = w.kernel;
  kernel.insert(kernel.begin(), {x.size(1), 1});
  const Shape none(w.rank(), 0);
  return at::convolution(x, at::ones(kernel, x.options()), {}, w.strides, none, w.dilations, /*transposed=*/false, none,
                         /*groups=*/x.size(1));
}

at::Tensor powers(const at::Tensor& x, int64_t p) {
  return p == 1 ? x.abs() : p == 2 ? x * x : at::pow(x.abs(), static_cast<double>(p));
}

std::vector<int64_t> spatial_axes(const at::Tensor& x) {
  std::vector<int64_t> axes;
  for (int64_t i = 2; i < x.dim(); ++i) axes.push_back(i);
  return axes;
}

}  // namespace

Kernel prepare_max_pool(const Node& node) {
  const NodeWindow window(node);
  const bool wants_indices = node.outputs.size() > 1 && node.outputs[1] != kNoValue;
  if (wants_indices) fail(Code::unsupported, "the Indices output of MaxPool is not computed");
  return [=](Inputs in, const Mode&) -> Outputs {
    const at::ScalarType type = in[0].scalar_type();
    const at::Tensor x = type == at::kFloat ? in[0] : in[0].to(at::kFloat);
    const PoolPlan plan = plan_pool(window, x);
    const at::Tensor y = max_pool(padded(x, plan, -std::numeric_limits<double>::infinity()), plan.window);
    return {crop(y, x, plan).to(type)};
  };
}

Kernel prepare_average_pool(const Node& node) {
  const NodeWindow window(node);
  const bool count_pads = node.attributes.integer("count_include_pad", 0) != 0;
  return [=](Inputs in, const Mode&) -> Outputs {
    const at::Tensor& x = in[0];
    const PoolPlan plan = plan_pool(window, x);
    const at::Tensor wide = padded(x, plan, 0);
    if (wide.is_same(x)) return {crop(average_pool(x, plan.window, {}), x, plan)};
    // Sums of windows over zeros, divided by how many elements each window counts: those of the input, with
    // count_include_pad also the padding, never what ceil_mode adds beyond it.
    const at::Tensor sums = average_pool(wide, plan.window, 1);
    Shape one = x.sizes().vec();
    one[0] = one[1] = 1;
    at::Tensor counted = at::ones(one, x.options());
    counted = pad_spatial(counted, plan.window.pads_begin, plan.window.pads_end, count_pads ? 1 : 0);
    Shape zero(plan.beyond.size(), 0), beyond = plan.beyond;
    for (int64_t& n : beyond) n = std::max<int64_t>(n, 0);
    counted = pad_spatial(counted, zero, beyond, 0);
    return {crop(sums / average_pool(counted, plan.window, 1), x, plan)};
  };
}

Kernel prepare_global_average_pool(const Node&) {
  return [](Inputs in, const Mode&) -> Outputs {
    const std::vector<int64_t> axes = spatial_axes(in[0]);
    return {axes.empty() ? in[0] : at::mean(in[0], axes, /*keepdim=*/true)};
  };
}

Kernel prepare_global_max_pool(const Node&) {
  return [](Inputs in, const Mode&) -> Outputs {
    const std::vector<int64_t> axes = spatial_axes(in[0]);
    return {axes.empty() ? in[0] : at::amax(in[0], axes, /*keepdim=*/true)};
  };
}

// Norms of windows; padding is zero.
Kernel prepare_lp_pool(const Node& node) {
  const NodeWindow window(node);
  const int64_t p = node.attributes.integer("p", 2);
  ensure(p >= 1, "LpPool has p {}", p);
  return [=](Inputs in, const Mode&) -> Outputs {
    const at::Tensor& x = in[0];
    const PoolPlan plan = plan_pool(window, x);
    const at::Tensor sums = sum_pool(padded(powers(x, p), plan, 0), plan.window);
    return {root(crop(sums, x, plan), static_cast<double>(p))};
  };
}

Kernel prepare_global_lp_pool(const Node& node) {
  const int64_t p = node.attributes.integer("p", 2);
  ensure(p >= 1, "GlobalLpPool has p {}", p);
  return [=](Inputs in, const Mode&) -> Outputs {
    const std::vector<int64_t> axes = spatial_axes(in[0]);
    const at::Tensor sums = axes.empty() ? powers(in[0], p) : at::sum(powers(in[0], p), axes, /*keepdim=*/true);
    return {root(sums, static_cast<double>(p))};
  };
}

}  // namespace pare::engine
