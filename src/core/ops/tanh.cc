#include "core/ops/define.h"

namespace pare {

const OpDef op_tanh = {.kind = OpKind::tanh, .name = "Tanh", .min_inputs = 1, .max_inputs = 1, .max_outputs = 1};

}  // namespace pare
