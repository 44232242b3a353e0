#include "core/ops/define.h"

namespace pare {

static constexpr AttributeSpec constant_of_shape_attributes[] = {
    {"value", AttributeType::tensor},
};

const OpDef op_constant_of_shape = {.kind = OpKind::constant_of_shape,
                                    .name = "ConstantOfShape",
                                    .attributes = constant_of_shape_attributes,
                                    .min_inputs = 1,
                                    .max_inputs = 1,
                                    .max_outputs = 1,
                                    .since = 9};

}  // namespace pare
