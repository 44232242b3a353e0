#include "core/ops/define.h"
#include "core/ops/ties_moved.h"

namespace pare {

const OpDef op_non_zero = {.kind = OpKind::non_zero,
                           .name = "NonZero",
                           .min_inputs = 1,
                           .max_inputs = 1,
                           .max_outputs = 1,
                           .since = 9,
                           .tie = ops::pin_everything};

}  // namespace pare
