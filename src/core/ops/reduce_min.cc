#include "core/ops/define.h"

namespace pare {

static constexpr AttributeSpec reduce_min_attributes[] = {
    {"axes", AttributeType::integers},
    {"keepdims", AttributeType::integer},
};

const OpDef op_reduce_min = {.kind = OpKind::reduce_min,
                             .name = "ReduceMin",
                             .attributes = reduce_min_attributes,
                             .min_inputs = 1,
                             .max_inputs = 1,
                             .max_outputs = 1};

}  // namespace pare
