#include "format/ops/rule.h"

namespace pare {

// x, min, max; the bounds are scalars. Files with one-element vectors exist and mean the same.
Status infer_clip(InferContext& context) {
  PARE_TRY(rules::need_inputs(context, 1));
  PARE_ASSIGN(const DType dtype, rules::common_type(context, 0, 2));
  PARE_TRY(rules::need_type(context, 0, rules::is_numeric));
  for (size_t i = 1; i <= 2; ++i) {
    if (!context.has(i) || !context.in(i).dims) continue;
    const Dims& bound = *context.in(i).dims;
    if (bound.size() > 1 || (bound.size() == 1 && !rules::merge(bound[0], 1)))
      return rules::invalid("a bound must be a scalar", i);
  }
  return rules::give(context, 0, dtype, context.in(0).dims);
}

}  // namespace pare
