#include "format/ops/comparison.h"

namespace pare {

Status infer_greater_or_equal(InferContext& context) { return rules::infer_comparison(context, rules::is_numeric); }

}  // namespace pare
