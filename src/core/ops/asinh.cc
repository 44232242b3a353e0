#include "core/ops/define.h"

namespace pare {

const OpDef op_asinh = {
    .kind = OpKind::asinh, .name = "Asinh", .min_inputs = 1, .max_inputs = 1, .max_outputs = 1, .since = 9};

}  // namespace pare
