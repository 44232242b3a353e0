#include "format/ops/comparison.h"

namespace pare {

Status infer_equal(InferContext& context) { return rules::infer_comparison(context, nullptr); }

}  // namespace pare
