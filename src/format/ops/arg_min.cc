#include "format/ops/reduce.h"

namespace pare {

Status infer_arg_min(InferContext& context) { return rules::infer_arg(context); }

}  // namespace pare
