#include "core/ops/define.h"

namespace pare {

const OpDef op_min = {.kind = OpKind::min, .name = "Min", .min_inputs = 1, .max_inputs = -1, .max_outputs = 1};

}  // namespace pare
