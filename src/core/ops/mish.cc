#include "core/ops/define.h"

namespace pare {

const OpDef op_mish = {
    .kind = OpKind::mish, .name = "Mish", .min_inputs = 1, .max_inputs = 1, .max_outputs = 1, .since = 18};

}  // namespace pare
