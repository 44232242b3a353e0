#include "core/ops/define.h"

namespace pare {

static constexpr AttributeSpec reduce_l2_attributes[] = {
    {"axes", AttributeType::integers},
    {"keepdims", AttributeType::integer},
};

const OpDef op_reduce_l2 = {.kind = OpKind::reduce_l2,
                            .name = "ReduceL2",
                            .attributes = reduce_l2_attributes,
                            .min_inputs = 1,
                            .max_inputs = 1,
                            .max_outputs = 1};

}  // namespace pare
