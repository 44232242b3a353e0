#include "core/ops/softmax.h"
#include "core/ops/ties_softmax.h"

namespace pare {

const OpDef op_log_softmax = {.kind = OpKind::log_softmax,
                              .name = "LogSoftmax",
                              .attributes = ops::kSoftmaxAttributes,
                              .min_inputs = 1,
                              .max_inputs = 1,
                              .max_outputs = 1,
                              .lift = ops::lift_softmax,
                              .lower = ops::lower_softmax,
                              .lift_needs_facts = true,
                              .tie = ops::tie_softmax};

}  // namespace pare
