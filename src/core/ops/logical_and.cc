#include "core/ops/define.h"

namespace pare {

const OpDef op_logical_and = {
    .kind = OpKind::logical_and, .name = "And", .min_inputs = 2, .max_inputs = 2, .max_outputs = 1};

}  // namespace pare
