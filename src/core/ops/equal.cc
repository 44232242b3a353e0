#include "core/ops/define.h"

namespace pare {

const OpDef op_equal = {.kind = OpKind::equal, .name = "Equal", .min_inputs = 2, .max_inputs = 2, .max_outputs = 1};

}  // namespace pare
