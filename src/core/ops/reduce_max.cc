#include "core/ops/define.h"

namespace pare {

static constexpr AttributeSpec reduce_max_attributes[] = {
    {"axes", AttributeType::integers},
    {"keepdims", AttributeType::integer},
};

const OpDef op_reduce_max = {.kind = OpKind::reduce_max,
                             .name = "ReduceMax",
                             .attributes = reduce_max_attributes,
                             .min_inputs = 1,
                             .max_inputs = 1,
                             .max_outputs = 1};

}  // namespace pare
