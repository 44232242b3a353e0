// MaxPool, AveragePool, GlobalAveragePool. One-dimensional pools run as two-dimensional ones of height 1.
#include <limits>

#include "core/error.h"
#include "train/torch/op.h"
#include "train/torch/ops/window.h"

namespace pare::engine {
namespace {

// A pool over (N, C, spatial...) whose windows all lie inside the input padded by `padding` and then by `extra` at
// the end (what ceil_mode reaches beyond the padding).
struct PoolPlan {
  Window::Resolved at;
  std::vector<int64_t> extra, output;
};

PoolPlan plan_pool(const Window& window, const at::Tensor& x, bool ceil_mode) {
  const at::IntArrayRef size = x.sizes().slice(2);
  PoolPlan plan{window.resolve(size, {}), {}, {}};
  for (size_t i = 0; i < size.size(); ++i) {
    const int64_t begin = plan.at.padding.begin[i], padded = size[i] + begin + plan.at.padding.end[i];
    const int64_t reach = (plan.at.kernel[i] - 1) * plan.at.dilation[i] + 1, stride = plan.at.stride[i];
    ensure(padded >= reach, "a window of {} over {} elements", reach, padded);
    int64_t out = (padded - reach) / stride + 1;
    if (ceil_mode && (padded - reach) % stride != 0 && out * stride < size[i] + begin) ++out;  // starts inside
    plan.output.push_back(out);
    plan.extra.push_back(std::max<int64_t>((out - 1) * stride + reach - padded, 0));
  }
  return plan;
}

// Adds `extra` at the end of each axis.
Padding with_extra(const PoolPlan& plan) {
  Padding padding = plan.at.padding;
  for (size_t i = 0; i < plan.extra.size(); ++i) padding.end[i] += plan.extra[i];
  return padding;
}

// (N, C, L) as (N, C, 1, L).
at::Tensor lift_1d(const at::Tensor& x) { return x.dim() == 3 ? x.unsqueeze(2) : x; }
std::vector<int64_t> lift_1d(const std::vector<int64_t>& v) { return v.size() == 1 ? std::vector<int64_t>{1, v[0]} : v; }
at::Tensor lower_1d(const at::Tensor& y, int64_t rank) { return rank == 3 ? y.squeeze(2) : y; }

at::Tensor average(const at::Tensor& x, const Window::Resolved& at, c10::optional<int64_t> divisor) {
  const at::Tensor x2 = lift_1d(x);
  const auto kernel = lift_1d(at.kernel), stride = lift_1d(at.stride);
  const std::vector<int64_t> none(kernel.size(), 0);
  const at::Tensor y = x2.dim() == 5 ? at::avg_pool3d(x2, kernel, stride, none, false, true, divisor)
                                     : at::avg_pool2d(x2, kernel, stride, none, false, true, divisor);
  return lower_1d(y, x.dim());
}

}  // namespace

Kernel prepare_max_pool(const Node& node) {
  const Window window(node);
  const bool ceil_mode = node.attributes.integer("ceil_mode", 0) != 0;
  const bool wants_indices = node.outputs.size() > 1;
  return [=](Inputs in, const Mode&) -> Outputs {
    if (wants_indices) fail(Code::unsupported, "the Indices output of MaxPool is not computed");
    const at::ScalarType type = in[0].scalar_type();
    const at::Tensor x = type == at::kFloat ? in[0] : in[0].to(at::kFloat);
    const PoolPlan plan = plan_pool(window, x, ceil_mode);
    const at::Tensor padded = lift_1d(pad_spatial(x, with_extra(plan), -std::numeric_limits<double>::infinity()));
    const auto kernel = lift_1d(plan.at.kernel), stride = lift_1d(plan.at.stride), dilation = lift_1d(plan.at.dilation);
    const std::vector<int64_t> none(kernel.size(), 0);
    const at::Tensor y = padded.dim() == 5 ? at::max_pool3d(padded, kernel, stride, none, dilation)
                                           : at::max_pool2d(padded, kernel, stride, none, dilation);
    return {lower_1d(y, x.dim()).to(type)};
  };
}

Kernel prepare_average_pool(const Node& node) {
  const Window window(node);
  const bool ceil_mode = node.attributes.integer("ceil_mode", 0) != 0;
  const bool count_pads = node.attributes.integer("count_include_pad", 0) != 0;
  return [=](Inputs in, const Mode&) -> Outputs {
    const at::Tensor& x = in[0];
    const PoolPlan plan = plan_pool(window, x, ceil_mode);
    const Padding padding = with_extra(plan);
    if (padding.zero()) return {average(x, plan.at, c10::nullopt)};
    // Sums of windows over zeros, divided by how many elements each window counts.
    const at::Tensor sums = average(pad_spatial(x, padding, 0), plan.at, 1);
    std::vector<int64_t> one(static_cast<size_t>(x.dim()), 1);
    std::copy(x.sizes().begin() + 2, x.sizes().end(), one.begin() + 2);
    const Padding extra{std::vector<int64_t>(plan.extra.size(), 0), plan.extra};
    const at::Tensor counted = pad_spatial(pad_spatial(at::ones(one, x.options()), plan.at.padding, count_pads ? 1 : 0), extra, 0);
    return {sums / average(counted, plan.at, 1)};
  };
}

Kernel prepare_global_average_pool(const Node&) {
  return [](Inputs in, const Mode&) -> Outputs {
    std::vector<int64_t> axes;
    for (int64_t i = 2; i < in[0].dim(); ++i) axes.push_back(i);
    return {axes.empty() ? in[0] : at::mean(in[0], axes, /*keepdim=*/true)};
  };
}

}  // namespace pare::engine
