#include "core/ops/define.h"

namespace pare {

const OpDef op_max = {.kind = OpKind::max, .name = "Max", .min_inputs = 1, .max_inputs = -1, .max_outputs = 1};

}  // namespace pare
