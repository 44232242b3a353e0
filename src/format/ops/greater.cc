#include "format/ops/comparison.h"

namespace pare {

Status infer_greater(InferContext& context) { return rules::infer_comparison(context, rules::is_numeric); }

}  // namespace pare
