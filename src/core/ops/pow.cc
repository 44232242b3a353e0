#include "core/ops/define.h"

namespace pare {

const OpDef op_pow = {.kind = OpKind::pow, .name = "Pow", .min_inputs = 2, .max_inputs = 2, .max_outputs = 1};

}  // namespace pare
