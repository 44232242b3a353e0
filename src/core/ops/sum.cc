#include "core/ops/define.h"
#include "core/ops/ties_elementwise.h"

namespace pare {

const OpDef op_sum = {.kind = OpKind::sum,
                      .name = "Sum",
                      .min_inputs = 1,
                      .max_inputs = -1,
                      .max_outputs = 1,
                      .joins = true,
                      .tie = ops::tie_elementwise};

}  // namespace pare
