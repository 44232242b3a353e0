#include "format/ops/rule.h"

namespace pare {

Status infer_gelu(InferContext& context) { return rules::infer_same(context, is_float); }

}  // namespace pare
