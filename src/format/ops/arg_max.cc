#include "format/ops/reduce.h"

namespace pare {

Status infer_arg_max(InferContext& context) { return rules::infer_arg(context); }

}  // namespace pare
