#include "core/ops/define.h"

namespace pare {

const OpDef op_log = {.kind = OpKind::log, .name = "Log", .min_inputs = 1, .max_inputs = 1, .max_outputs = 1};

}  // namespace pare
