#include "core/ops/define.h"

namespace pare {

const OpDef op_sinh = {
    .kind = OpKind::sinh, .name = "Sinh", .min_inputs = 1, .max_inputs = 1, .max_outputs = 1, .since = 9};

}  // namespace pare
