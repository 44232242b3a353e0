#include "core/ops/class_loss.h"
#include "core/ops/ties_axes.h"

namespace pare {

const OpDef op_negative_log_likelihood_loss = {.kind = OpKind::negative_log_likelihood_loss,
                                               .name = "NegativeLogLikelihoodLoss",
                                               .attributes = ops::kClassLossAttributes,
                                               .min_inputs = 2,
                                               .max_inputs = 3,
                                               .max_outputs = 1,
                                               .since = 12,
                                               .tie = ops::pin_everything};

}  // namespace pare
