#include "format/ops/broadcast.h"

namespace pare {

// The base decides the type of the result.
Status infer_pow(InferContext& context) {
  PARE_TRY(rules::need_inputs(context, 2));
  PARE_TRY(rules::need_type(context, 0, rules::is_numeric));
  PARE_TRY(rules::need_type(context, 1, rules::is_numeric));
  return rules::give_broadcast(context, context.in(0).dtype, 0, 1);
}

}  // namespace pare
