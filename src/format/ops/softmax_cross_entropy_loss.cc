#include "format/ops/class_loss.h"

namespace pare {

// The loss, and the logarithms of the probabilities.
Status infer_softmax_cross_entropy_loss(InferContext& context) {
  PARE_TRY(rules::infer_class_loss(context));
  return rules::give(context, 1, context.in(0).dtype, context.in(0).dims);
}

}  // namespace pare
