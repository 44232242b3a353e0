#include "core/ops/arithmetic.h"
#include "core/ops/define.h"

namespace pare {

const OpDef op_add = {.kind = OpKind::add,
                      .name = "Add",
                      .min_inputs = 2,
                      .max_inputs = 2,
                      .max_outputs = 1,
                      .lower = ops::lower_arithmetic,
                      .joins = true};

}  // namespace pare
