#include "format/ops/rule.h"

namespace pare {

Status infer_is_nan(InferContext& context) {
  PARE_TRY(rules::need_inputs(context, 1));
  PARE_TRY(rules::need_type(context, 0, is_float));
  return rules::give(context, 0, DType::boolean, context.in(0).dims);
}

}  // namespace pare
