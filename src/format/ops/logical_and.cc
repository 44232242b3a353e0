#include "format/ops/comparison.h"

namespace pare {

Status infer_logical_and(InferContext& context) { return rules::infer_comparison(context, rules::is_boolean); }

}  // namespace pare
