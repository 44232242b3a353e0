#include "core/ops/define.h"

namespace pare {

const OpDef op_ceil = {.kind = OpKind::ceil, .name = "Ceil", .min_inputs = 1, .max_inputs = 1, .max_outputs = 1};

}  // namespace pare
