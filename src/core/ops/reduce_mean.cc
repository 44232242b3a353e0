#include "core/ops/reduce.h"
#include "core/ops/ties_reduce.h"

namespace pare {

const OpDef op_reduce_mean = {.kind = OpKind::reduce_mean,
                              .name = "ReduceMean",
                              .attributes = ops::kReduceAttributes,
                              .min_inputs = 1,
                              .max_inputs = 1,
                              .max_outputs = 1,
                              .lift = ops::lift_reduce,
                              .lower = ops::lower_reduce,
                              .tie = ops::tie_reduce<ops::Reduction::mean>};

}  // namespace pare
