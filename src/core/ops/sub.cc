#include "core/ops/arithmetic.h"
#include "core/ops/define.h"
#include "core/ops/ties_elementwise.h"

namespace pare {

const OpDef op_sub = {.kind = OpKind::sub,
                      .name = "Sub",
                      .min_inputs = 2,
                      .max_inputs = 2,
                      .max_outputs = 1,
                      .lower = ops::lower_arithmetic,
                      .tie = ops::tie_elementwise};

}  // namespace pare
