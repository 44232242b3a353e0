#include "core/ops/define.h"

namespace pare {

const OpDef op_greater = {
    .kind = OpKind::greater, .name = "Greater", .min_inputs = 2, .max_inputs = 2, .max_outputs = 1};

}  // namespace pare
