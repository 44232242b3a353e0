#include "core/ops/define.h"
#include "core/ops/ties_elementwise.h"

namespace pare {

const OpDef op_less_or_equal = {.kind = OpKind::less_or_equal,
                                .name = "LessOrEqual",
                                .min_inputs = 2,
                                .max_inputs = 2,
                                .max_outputs = 1,
                                .since = 12,
                                .tie = ops::tie_elementwise};

}  // namespace pare
