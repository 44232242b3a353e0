#include "core/ops/reduce.h"
#include "core/ops/ties_reduce.h"

namespace pare {

const OpDef op_reduce_l2 = {.kind = OpKind::reduce_l2,
                            .name = "ReduceL2",
                            .attributes = ops::kReduceAttributes,
                            .min_inputs = 1,
                            .max_inputs = 1,
                            .max_outputs = 1,
                            .lift = ops::lift_reduce,
                            .lower = ops::lower_reduce,
                            .tie = ops::tie_reduce<ops::Reduction::sum>};

}  // namespace pare
