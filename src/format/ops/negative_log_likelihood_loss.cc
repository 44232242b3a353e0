#include "format/ops/class_loss.h"

namespace pare {

Status infer_negative_log_likelihood_loss(InferContext& context) { return rules::infer_class_loss(context); }

}  // namespace pare
