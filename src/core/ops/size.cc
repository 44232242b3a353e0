#include "core/ops/define.h"

namespace pare {

const OpDef op_size = {.kind = OpKind::size, .name = "Size", .min_inputs = 1, .max_inputs = 1, .max_outputs = 1};

}  // namespace pare
