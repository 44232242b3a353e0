#include "core/ops/define.h"
#include "core/ops/ties_elementwise.h"

namespace pare {

const OpDef op_equal = {.kind = OpKind::equal,
                        .name = "Equal",
                        .min_inputs = 2,
                        .max_inputs = 2,
                        .max_outputs = 1,
                        .tie = ops::tie_elementwise};

}  // namespace pare
