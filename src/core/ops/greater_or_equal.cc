#include "core/ops/define.h"
#include "core/ops/ties_elementwise.h"

namespace pare {

const OpDef op_greater_or_equal = {.kind = OpKind::greater_or_equal,
                                   .name = "GreaterOrEqual",
                                   .min_inputs = 2,
                                   .max_inputs = 2,
                                   .max_outputs = 1,
                                   .since = 12,
                                   .tie = ops::tie_elementwise};

}  // namespace pare
