#include "format/ops/rule.h"

namespace pare {

Status infer_neg(InferContext& context) { return rules::infer_same(context, rules::is_signed); }

}  // namespace pare
