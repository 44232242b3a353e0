#include "core/ops/define.h"

namespace pare {

const OpDef op_exp = {.kind = OpKind::exp, .name = "Exp", .min_inputs = 1, .max_inputs = 1, .max_outputs = 1};

}  // namespace pare
