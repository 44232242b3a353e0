#include "core/ops/define.h"

namespace pare {

const OpDef op_softplus = {
    .kind = OpKind::softplus, .name = "Softplus", .min_inputs = 1, .max_inputs = 1, .max_outputs = 1};

}  // namespace pare
