#include "core/ops/define.h"

namespace pare {

const OpDef op_greater_or_equal = {.kind = OpKind::greater_or_equal,
                                   .name = "GreaterOrEqual",
                                   .min_inputs = 2,
                                   .max_inputs = 2,
                                   .max_outputs = 1,
                                   .since = 12};

}  // namespace pare
