#include "core/ops/define.h"

namespace pare {

static constexpr AttributeSpec reduce_sum_square_attributes[] = {
    {"axes", AttributeType::integers},
    {"keepdims", AttributeType::integer},
};

const OpDef op_reduce_sum_square = {.kind = OpKind::reduce_sum_square,
                                    .name = "ReduceSumSquare",
                                    .attributes = reduce_sum_square_attributes,
                                    .min_inputs = 1,
                                    .max_inputs = 1,
                                    .max_outputs = 1};

}  // namespace pare
