#include "format/ops/rule.h"

namespace pare {

Status infer_logical_not(InferContext& context) { return rules::infer_same(context, rules::is_boolean); }

}  // namespace pare
