#include "core/ops/define.h"
#include "core/ops/ties_elementwise.h"

namespace pare {

const OpDef op_identity = {.kind = OpKind::identity,
                           .name = "Identity",
                           .min_inputs = 1,
                           .max_inputs = 1,
                           .max_outputs = 1,
                           .moves = true,
                           .tie = ops::tie_elementwise};

}  // namespace pare
