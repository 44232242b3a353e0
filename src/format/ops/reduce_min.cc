#include "format/ops/matrix.h"
#include "format/ops/reduce.h"

namespace pare {

Status infer_reduce_min(InferContext& context) { return rules::infer_reduce(context, rules::is_numeric); }

}  // namespace pare
