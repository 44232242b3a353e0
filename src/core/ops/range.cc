#include "core/ops/define.h"

namespace pare {

const OpDef op_range = {
    .kind = OpKind::range, .name = "Range", .min_inputs = 3, .max_inputs = 3, .max_outputs = 1, .since = 11};

}  // namespace pare
