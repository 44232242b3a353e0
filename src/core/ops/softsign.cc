#include "core/ops/define.h"

namespace pare {

const OpDef op_softsign = {
    .kind = OpKind::softsign, .name = "Softsign", .min_inputs = 1, .max_inputs = 1, .max_outputs = 1};

}  // namespace pare
