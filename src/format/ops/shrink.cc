#include "format/ops/rule.h"

namespace pare {

Status infer_shrink(InferContext& context) { return rules::infer_same(context, rules::is_numeric); }

}  // namespace pare
