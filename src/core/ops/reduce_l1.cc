#include "core/ops/define.h"

namespace pare {

static constexpr AttributeSpec reduce_l1_attributes[] = {
    {"axes", AttributeType::integers},
    {"keepdims", AttributeType::integer},
};

const OpDef op_reduce_l1 = {.kind = OpKind::reduce_l1,
                            .name = "ReduceL1",
                            .attributes = reduce_l1_attributes,
                            .min_inputs = 1,
                            .max_inputs = 1,
                            .max_outputs = 1};

}  // namespace pare
