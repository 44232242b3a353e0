#include "core/ops/define.h"

namespace pare {

const OpDef op_tan = {.kind = OpKind::tan, .name = "Tan", .min_inputs = 1, .max_inputs = 1, .max_outputs = 1};

}  // namespace pare
