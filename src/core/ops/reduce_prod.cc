#include "core/ops/define.h"

namespace pare {

static constexpr AttributeSpec reduce_prod_attributes[] = {
    {"axes", AttributeType::integers},
    {"keepdims", AttributeType::integer},
};

const OpDef op_reduce_prod = {.kind = OpKind::reduce_prod,
                              .name = "ReduceProd",
                              .attributes = reduce_prod_attributes,
                              .min_inputs = 1,
                              .max_inputs = 1,
                              .max_outputs = 1};

}  // namespace pare
