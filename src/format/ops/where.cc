#include "format/ops/broadcast.h"

namespace pare {

// condition, then what stands where it holds, then what stands elsewhere.
Status infer_where(InferContext& context) {
  PARE_TRY(rules::need_inputs(context, 3));
  PARE_TRY(rules::need_type(context, 0, rules::is_boolean));
  PARE_ASSIGN(const DType dtype, rules::common_type(context, 1, 2));
  return rules::give_broadcast(context, dtype, 0, 2);
}

}  // namespace pare
