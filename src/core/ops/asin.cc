#include "core/ops/define.h"

namespace pare {

const OpDef op_asin = {.kind = OpKind::asin, .name = "Asin", .min_inputs = 1, .max_inputs = 1, .max_outputs = 1};

}  // namespace pare
