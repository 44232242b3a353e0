#include "core/ops/define.h"

namespace pare {

const OpDef op_sqrt = {.kind = OpKind::sqrt, .name = "Sqrt", .min_inputs = 1, .max_inputs = 1, .max_outputs = 1};

}  // namespace pare
