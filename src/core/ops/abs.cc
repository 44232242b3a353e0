#include "core/ops/define.h"

namespace pare {

const OpDef op_abs = {.kind = OpKind::abs, .name = "Abs", .min_inputs = 1, .max_inputs = 1, .max_outputs = 1};

}  // namespace pare
