#include "core/ops/define.h"

namespace pare {

const OpDef op_logical_xor = {
    .kind = OpKind::logical_xor, .name = "Xor", .min_inputs = 2, .max_inputs = 2, .max_outputs = 1};

}  // namespace pare
