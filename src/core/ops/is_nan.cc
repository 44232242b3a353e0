#include "core/ops/define.h"

namespace pare {

const OpDef op_is_nan = {
    .kind = OpKind::is_nan, .name = "IsNaN", .min_inputs = 1, .max_inputs = 1, .max_outputs = 1, .since = 9};

}  // namespace pare
