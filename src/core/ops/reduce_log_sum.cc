#include "core/ops/define.h"

namespace pare {

static constexpr AttributeSpec reduce_log_sum_attributes[] = {
    {"axes", AttributeType::integers},
    {"keepdims", AttributeType::integer},
};

const OpDef op_reduce_log_sum = {.kind = OpKind::reduce_log_sum,
                                 .name = "ReduceLogSum",
                                 .attributes = reduce_log_sum_attributes,
                                 .min_inputs = 1,
                                 .max_inputs = 1,
                                 .max_outputs = 1};

}  // namespace pare
