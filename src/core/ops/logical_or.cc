#include "core/ops/define.h"

namespace pare {

const OpDef op_logical_or = {
    .kind = OpKind::logical_or, .name = "Or", .min_inputs = 2, .max_inputs = 2, .max_outputs = 1};

}  // namespace pare
