#include "core/ops/class_loss.h"

namespace pare {

const OpDef op_softmax_cross_entropy_loss = {.kind = OpKind::softmax_cross_entropy_loss,
                                             .name = "SoftmaxCrossEntropyLoss",
                                             .attributes = ops::kClassLossAttributes,
                                             .min_inputs = 2,
                                             .max_inputs = 3,
                                             .max_outputs = 2,
                                             .since = 12};

}  // namespace pare
