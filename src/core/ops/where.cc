#include "core/ops/define.h"
#include "core/ops/ties_elementwise.h"

namespace pare {

const OpDef op_where = {.kind = OpKind::where,
                        .name = "Where",
                        .min_inputs = 3,
                        .max_inputs = 3,
                        .max_outputs = 1,
                        .since = 9,
                        .tie = ops::tie_elementwise};

}  // namespace pare
