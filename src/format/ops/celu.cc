#include "format/ops/rule.h"

namespace pare {

Status infer_celu(InferContext& context) { return rules::infer_same(context, is_float); }

}  // namespace pare
