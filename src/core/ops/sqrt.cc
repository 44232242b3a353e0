#include "core/ops/define.h"
#include "core/ops/ties_elementwise.h"

namespace pare {

const OpDef op_sqrt = {.kind = OpKind::sqrt,
                       .name = "Sqrt",
                       .min_inputs = 1,
                       .max_inputs = 1,
                       .max_outputs = 1,
                       .tie = ops::tie_elementwise};

}  // namespace pare
