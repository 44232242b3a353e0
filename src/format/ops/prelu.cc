#include "format/ops/broadcast.h"

namespace pare {

// x, slope; the slope is stretched to x.
Status infer_prelu(InferContext& context) {
  PARE_TRY(rules::need_inputs(context, 2));
  PARE_ASSIGN(const DType dtype, rules::common_type(context, 0, 1));
  PARE_TRY(rules::need_type(context, 0, is_float));
  const auto &x = context.in(0).dims, &slope = context.in(1).dims;
  if (x && slope && !rules::broadcasts_to(*slope, *x)) return rules::invalid("the slope does not fit the input", 1);
  return rules::give(context, 0, dtype, x);
}

}  // namespace pare
