#include "core/ops/define.h"

namespace pare {

const OpDef op_atan = {.kind = OpKind::atan, .name = "Atan", .min_inputs = 1, .max_inputs = 1, .max_outputs = 1};

}  // namespace pare
