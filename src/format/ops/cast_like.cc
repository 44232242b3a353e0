#include "format/ops/cast.h"

namespace pare {

// input, and a tensor of the type it becomes.
Status infer_cast_like(InferContext& context) {
  PARE_TRY(rules::need_inputs(context, 2));
  return rules::give_cast(context, context.in(1).dtype);
}

}  // namespace pare
