#include "format/ops/rule.h"

namespace pare {

Status infer_erf(InferContext& context) { return rules::infer_same(context, rules::is_numeric); }

}  // namespace pare
