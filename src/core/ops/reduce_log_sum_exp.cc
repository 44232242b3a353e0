#include "core/ops/define.h"

namespace pare {

static constexpr AttributeSpec reduce_log_sum_exp_attributes[] = {
    {"axes", AttributeType::integers},
    {"keepdims", AttributeType::integer},
};

const OpDef op_reduce_log_sum_exp = {.kind = OpKind::reduce_log_sum_exp,
                                     .name = "ReduceLogSumExp",
                                     .attributes = reduce_log_sum_exp_attributes,
                                     .min_inputs = 1,
                                     .max_inputs = 1,
                                     .max_outputs = 1};

}  // namespace pare
