#include "core/ops/reduce.h"

namespace pare {

const OpDef op_reduce_sum_square = {.kind = OpKind::reduce_sum_square,
                                    .name = "ReduceSumSquare",
                                    .attributes = ops::kReduceAttributes,
                                    .min_inputs = 1,
                                    .max_inputs = 1,
                                    .max_outputs = 1,
                                    .lift = ops::lift_reduce,
                                    .lower = ops::lower_reduce};

}  // namespace pare
