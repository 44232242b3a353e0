#include "core/ops/define.h"
#include "core/ops/ties_elementwise.h"

namespace pare {

const OpDef op_abs = {.kind = OpKind::abs,
                      .name = "Abs",
                      .min_inputs = 1,
                      .max_inputs = 1,
                      .max_outputs = 1,
                      .tie = ops::tie_elementwise};

}  // namespace pare
