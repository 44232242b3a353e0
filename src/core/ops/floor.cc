#include "core/ops/define.h"

namespace pare {

const OpDef op_floor = {.kind = OpKind::floor, .name = "Floor", .min_inputs = 1, .max_inputs = 1, .max_outputs = 1};

}  // namespace pare
