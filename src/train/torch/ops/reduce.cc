// Ops that reduce over axes, and those that walk along one: ReduceMean and its relatives, ArgMax, CumSum, TopK.
#include <algorithm>

#include "core/error.h"
#include "train/torch/convert.h"
#include "train/torch/op.h"
#include "train/torch/ops/root.h"

namespace pare::engine {
namespace {

// The reduction of `x` over `axes` (never empty).
using Reduction = at::Tensor (*)(const at::Tensor& x, at::IntArrayRef axes, bool keep);

// Integers are reduced in 64 bits and come back in their own type.
Kernel reduce(const Node& node, Reduction reduction) {
  const std::vector<int64_t> given = node.attributes.integers("axes");
  const bool keep = node.attributes.integer("keepdims", 1) != 0;
  const bool noop = node.attributes.integer("noop_with_empty_axes", 0) != 0;
  return [=](Inputs in, const Mode&) -> Outputs {
    std::vector<int64_t> axes = present(in, 1) ? integers(in[1]) : given;
    if (axes.empty() && noop) return {in[0]};
    const at::Tensor x = in[0].dim() == 0 ? in[0].reshape({1}) : in[0];
    if (axes.empty())
      for (int64_t i = 0; i < x.dim(); ++i) axes.push_back(i);
    for (int64_t& axis : axes) axis = axis_of(axis, x.dim());
    const at::ScalarType type = x.scalar_type();
    const at::Tensor wide = x.is_floating_point() ? x : x.to(at::kLong);
    const at::Tensor y = reduction(wide, axes, keep).to(type);
    return {in[0].dim() == 0 ? y.reshape({}) : y};
  };
}

at::Tensor mean(const at::Tensor& x, at::IntArrayRef axes, bool keep) {
  return at::mean(x.is_floating_point() ? x : x.to(at::kDouble), axes, keep);
}
at::Tensor sum(const at::Tensor& x, at::IntArrayRef axes, bool keep) { return at::sum(x, axes, keep); }
at::Tensor largest(const at::Tensor& x, at::IntArrayRef axes, bool keep) { return at::amax(x, axes, keep); }
at::Tensor smallest(const at::Tensor& x, at::IntArrayRef axes, bool keep) { return at::amin(x, axes, keep); }
at::Tensor product(const at::Tensor& x, at::IntArrayRef axes, bool keep) {
  at::Tensor y = x;
  for (const int64_t axis : axes) y = at::prod(y, axis, /*keepdim=*/true);
  if (keep) return y;
  std::vector<int64_t> shape;
  for (int64_t i = 0; i < x.dim(); ++i)
    if (std::find(axes.begin(), axes.end(), i) == axes.end()) shape.push_back(x.size(i));
  return y.reshape(shape);
}
at::Tensor norm_1(const at::Tensor& x, at::IntArrayRef axes, bool keep) { return at::sum(x.abs(), axes, keep); }
at::Tensor sum_square(const at::Tensor& x, at::IntArrayRef axes, bool keep) { return at::sum(x * x, axes, keep); }
at::Tensor norm_2(const at::Tensor& x, at::IntArrayRef axes, bool keep) {
  return root(sum_square(x, axes, keep).to(x.is_floating_point() ? x.scalar_type() : at::kDouble), 2);
}
at::Tensor log_sum(const at::Tensor& x, at::IntArrayRef axes, bool keep) { return at::log(at::sum(x, axes, keep)); }
at::Tensor log_sum_exp(const at::Tensor& x, at::IntArrayRef axes, bool keep) {
  return at::logsumexp(x.is_floating_point() ? x : x.to(at::kDouble), axes, keep);
}

Kernel arg(const Node& node, bool of_largest) {
  const int64_t given = node.attributes.integer("axis", 0);
  const bool keep = node.attributes.integer("keepdims", 1) != 0;
  const bool last = node.attributes.integer("select_last_index", 0) != 0;
  return [=](Inputs in, const Mode&) -> Outputs {
    const int64_t axis = axis_of(given, in[0].dim());
    const at::Tensor x = last ? in[0].flip({axis}) : in[0];
    // By comparison with the extreme: which of equal elements argmax gives is left open.
    const at::Tensor extreme = of_largest ? at::amax(x, {axis}, true) : at::amin(x, {axis}, true);
    at::Tensor index = x.eq(extreme).to(at::kByte).argmax(axis, keep);
    if (last) index = x.size(axis) - 1 - index;
    return {index.cpu()};
  };
}

}  // namespace

Kernel prepare_reduce_mean(const Node& node) { return reduce(node, mean); }
Kernel prepare_reduce_sum(const Node& node) { return reduce(node, sum); }
Kernel prepare_reduce_max(const Node& node) { return reduce(node, largest); }
Kernel prepare_reduce_min(const Node& node) { return reduce(node, smallest); }
Kernel prepare_reduce_prod(const Node& node) { return reduce(node, product); }
Kernel prepare_reduce_l1(const Node& node) { return reduce(node, norm_1); }
Kernel prepare_reduce_l2(const Node& node) { return reduce(node, norm_2); }
Kernel prepare_reduce_sum_square(const Node& node) { return reduce(node, sum_square); }
Kernel prepare_reduce_log_sum(const Node& node) { return reduce(node, log_sum); }
Kernel prepare_reduce_log_sum_exp(const Node& node) { return reduce(node, log_sum_exp); }

Kernel prepare_arg_max(const Node& node) { return arg(node, true); }
Kernel prepare_arg_min(const Node& node) { return arg(node, false); }

Kernel prepare_cum_sum(const Node& node) {
  const bool exclusive = node.attributes.integer("exclusive", 0) != 0;
  const bool reverse = node.attributes.integer("reverse", 0) != 0;
  return [=](Inputs in, const Mode&) -> Outputs {
    const int64_t axis = axis_of(integers(in[1]).at(0), in[0].dim());
    const at::Tensor x = reverse ? in[0].flip({axis}) : in[0];
    at::Tensor y = at::cumsum(x, axis).to(x.scalar_type());
    if (exclusive) y = y - x;
    return {reverse ? y.flip({axis}) : y};
  };
}

Kernel prepare_top_k(const Node& node) {
  const int64_t given = node.attributes.integer("axis", -1);
  const bool largest = node.attributes.integer("largest", 1) != 0;
  return [=](Inputs in, const Mode&) -> Outputs {
    const int64_t axis = axis_of(given, in[0].dim()), k = integers(in[1]).at(0);
    ensure(k >= 0 && k <= in[0].size(axis), "TopK of {} elements out of {}", k, in[0].size(axis));
    // A stable sort: equal elements come in the order of their index, as ONNX wants it.
    const auto [values, indices] = at::sort(in[0], /*stable=*/true, axis, /*descending=*/largest);
    return {values.narrow(axis, 0, k), indices.narrow(axis, 0, k).cpu()};
  };
}

}  // namespace pare::engine
