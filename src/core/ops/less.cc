#include "core/ops/define.h"

namespace pare {

const OpDef op_less = {.kind = OpKind::less, .name = "Less", .min_inputs = 2, .max_inputs = 2, .max_outputs = 1};

}  // namespace pare
