#include "core/ops/define.h"

namespace pare {

static constexpr AttributeSpec reduce_mean_attributes[] = {
    {"axes", AttributeType::integers},
    {"keepdims", AttributeType::integer},
};

const OpDef op_reduce_mean = {.kind = OpKind::reduce_mean,
                              .name = "ReduceMean",
                              .attributes = reduce_mean_attributes,
                              .min_inputs = 1,
                              .max_inputs = 1,
                              .max_outputs = 1};

}  // namespace pare
