#include "core/ops/define.h"

namespace pare {

const OpDef op_cosh = {
    .kind = OpKind::cosh, .name = "Cosh", .min_inputs = 1, .max_inputs = 1, .max_outputs = 1, .since = 9};

}  // namespace pare
