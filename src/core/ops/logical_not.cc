#include "core/ops/define.h"

namespace pare {

const OpDef op_logical_not = {
    .kind = OpKind::logical_not, .name = "Not", .min_inputs = 1, .max_inputs = 1, .max_outputs = 1};

}  // namespace pare
