#include "core/ops/define.h"

namespace pare {

const OpDef op_reciprocal = {
    .kind = OpKind::reciprocal, .name = "Reciprocal", .min_inputs = 1, .max_inputs = 1, .max_outputs = 1};

}  // namespace pare
