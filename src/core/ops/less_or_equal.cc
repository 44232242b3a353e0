#include "core/ops/define.h"

namespace pare {

const OpDef op_less_or_equal = {.kind = OpKind::less_or_equal,
                                .name = "LessOrEqual",
                                .min_inputs = 2,
                                .max_inputs = 2,
                                .max_outputs = 1,
                                .since = 12};

}  // namespace pare
