#include "core/ops/define.h"

namespace pare {

const OpDef op_prelu = {
    .kind = OpKind::prelu, .name = "PRelu", .min_inputs = 2, .max_inputs = 2, .max_outputs = 1, .learned = {1}};

}  // namespace pare
