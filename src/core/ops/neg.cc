#include "core/ops/define.h"

namespace pare {

const OpDef op_neg = {.kind = OpKind::neg, .name = "Neg", .min_inputs = 1, .max_inputs = 1, .max_outputs = 1};

}  // namespace pare
