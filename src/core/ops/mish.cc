#include "core/ops/define.h"
#include "core/ops/ties_elementwise.h"

namespace pare {

const OpDef op_mish = {.kind = OpKind::mish,
                       .name = "Mish",
                       .min_inputs = 1,
                       .max_inputs = 1,
                       .max_outputs = 1,
                       .since = 18,
                       .tie = ops::tie_elementwise};

}  // namespace pare
