#include "core/ops/define.h"

namespace pare {

const OpDef op_mean = {.kind = OpKind::mean, .name = "Mean", .min_inputs = 1, .max_inputs = -1, .max_outputs = 1};

}  // namespace pare
