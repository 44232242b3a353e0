#include "core/ops/linear_grid.h"
#include "core/ops/ties_linear_grid.h"

namespace pare {

const OpDef op_quantize_linear = {.kind = OpKind::quantize_linear,
                                  .name = "QuantizeLinear",
                                  .attributes = ops::kLinearGridAttributes,
                                  .min_inputs = 2,
                                  .max_inputs = 3,
                                  .max_outputs = 1,
                                  .lift = ops::lift_linear_grid,
                                  .lower = ops::lower_linear_grid,
                                  .since = 10,
                                  .tie = ops::tie_linear_grid};

}  // namespace pare
