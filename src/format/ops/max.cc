#include "format/ops/many.h"

namespace pare {

Status infer_max(InferContext& context) { return rules::infer_many(context, rules::is_numeric); }

}  // namespace pare
