#include "core/ops/define.h"

namespace pare {

const OpDef op_cos = {.kind = OpKind::cos, .name = "Cos", .min_inputs = 1, .max_inputs = 1, .max_outputs = 1};

}  // namespace pare
