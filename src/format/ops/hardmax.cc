#include "format/ops/softmax.h"

namespace pare {

Status infer_hardmax(InferContext& context) { return rules::infer_along_axis(context); }

}  // namespace pare
