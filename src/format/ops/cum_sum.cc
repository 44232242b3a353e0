#include "format/ops/matrix.h"

namespace pare {

// x, axis (a scalar).
Status infer_cum_sum(InferContext& context) {
  PARE_TRY(rules::need_inputs(context, 2));
  PARE_TRY(rules::need_type(context, 0, rules::is_matrix_type));
  PARE_TRY(rules::need_type(context, 1, rules::is_index));
  const std::optional<Shape> axis = rules::known_value(context, 1);
  if (axis && context.in(0).dims) {
    if (axis->size() != 1) return rules::invalid("the axis must be a scalar", 1);
    PARE_TRY(rules::normalize_axis(axis->front(), context.in(0).dims->size()).status());
  }
  return rules::give(context, 0, context.in(0).dtype, context.in(0).dims);
}

}  // namespace pare
