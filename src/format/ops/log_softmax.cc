#include "format/ops/softmax.h"

namespace pare {

Status infer_log_softmax(InferContext& context) { return rules::infer_along_axis(context); }

}  // namespace pare
