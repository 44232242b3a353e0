#include "core/ops/define.h"

namespace pare {

const OpDef op_identity = {
    .kind = OpKind::identity, .name = "Identity", .min_inputs = 1, .max_inputs = 1, .max_outputs = 1, .moves = true};

}  // namespace pare
