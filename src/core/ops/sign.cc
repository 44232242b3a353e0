#include "core/ops/define.h"
#include "core/ops/ties_elementwise.h"

namespace pare {

const OpDef op_sign = {.kind = OpKind::sign,
                       .name = "Sign",
                       .min_inputs = 1,
                       .max_inputs = 1,
                       .max_outputs = 1,
                       .since = 9,
                       .tie = ops::tie_elementwise};

}  // namespace pare
