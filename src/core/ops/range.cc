#include "core/ops/define.h"
#include "core/ops/ties_moved.h"

namespace pare {

const OpDef op_range = {.kind = OpKind::range,
                        .name = "Range",
                        .min_inputs = 3,
                        .max_inputs = 3,
                        .max_outputs = 1,
                        .since = 11,
                        .tie = ops::pin_everything};

}  // namespace pare
