#include "core/ops/class_loss.h"
#include "core/ops/ties_axes.h"

namespace pare {

const OpDef op_softmax_cross_entropy_loss = {.kind = OpKind::softmax_cross_entropy_loss,
                                             .name = "SoftmaxCrossEntropyLoss",
                                             .attributes = ops::kClassLossAttributes,
                                             .min_inputs = 2,
                                             .max_inputs = 3,
                                             .max_outputs = 2,
                                             .since = 12,
                                             .tie = ops::pin_everything};

}  // namespace pare
