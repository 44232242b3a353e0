#include "core/ops/define.h"

namespace pare {

const OpDef op_sigmoid = {
    .kind = OpKind::sigmoid, .name = "Sigmoid", .min_inputs = 1, .max_inputs = 1, .max_outputs = 1};

}  // namespace pare
