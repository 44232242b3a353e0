#include "format/ops/many.h"

namespace pare {

Status infer_sum(InferContext& context) { return rules::infer_many(context, is_float); }

}  // namespace pare
