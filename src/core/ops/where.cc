#include "core/ops/define.h"

namespace pare {

const OpDef op_where = {
    .kind = OpKind::where, .name = "Where", .min_inputs = 3, .max_inputs = 3, .max_outputs = 1, .since = 9};

}  // namespace pare
