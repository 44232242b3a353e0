// QuantizeLinear and DequantizeLinear: x, scale, zero_point, one scale for all or one per index of an axis.
#pragma once

#include "format/ops/rule.h"

namespace pare::rules {

// Checks scale and zero point against x. One element serves every axis, so the axis counts only with more.
inline Status check_linear_grid(const InferContext& context) {
  PARE_TRY(need_inputs(context, 2));
  PARE_TRY(need_type(context, 1, is_float));
  const std::optional<Dims>&x = context.in(0).dims, &scale = context.in(1).dims;
  if (scale && scale->size() > 1) return invalid("the scale must be a scalar or a list", 1);
  if (context.has(2) && context.in(2).dims && scale) {
    const Dims& zero = *context.in(2).dims;
    const auto single = [](const Dims& dims) { return dims.empty() || (dims.size() == 1 && dims[0] == Dim(1)); };
    const bool same = zero.size() == scale->size() && (zero.size() != 1 || merge(zero[0], (*scale)[0]));
    if (!same && !(single(zero) && single(*scale))) return invalid("scale and zero point have different shapes", 2);
  }
  if (!x || !scale || scale->empty() || (*scale)[0] == Dim(1)) return {};
  PARE_ASSIGN(const size_t axis, normalize_axis(context.attributes.integer("axis", 1), x->size()));
  if (!merge((*x)[axis], (*scale)[0])) return invalid("the scale needs one element per index of the axis", 1);
  return {};
}

}  // namespace pare::rules
