#include "core/ops/define.h"

namespace pare {

const OpDef op_expand = {.kind = OpKind::expand,
                         .name = "Expand",
                         .min_inputs = 2,
                         .max_inputs = 2,
                         .max_outputs = 1,
                         .since = 8,
                         .moves = true};

}  // namespace pare
