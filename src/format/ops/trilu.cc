#include "format/ops/rule.h"

namespace pare {

// The upper or lower triangle of the last two axes; k moves the diagonal.
Status infer_trilu(InferContext& context) {
  PARE_TRY(rules::need_inputs(context, 1));
  PARE_TRY(rules::need_type(context, 1, rules::is_index));
  if (context.in(0).dims && context.in(0).dims->size() < 2)
    return rules::invalid("the input must be a matrix at least");
  return rules::give(context, 0, context.in(0).dtype, context.in(0).dims);
}

}  // namespace pare
