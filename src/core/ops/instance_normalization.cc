#include "core/ops/define.h"

namespace pare {

static constexpr AttributeSpec instance_normalization_attributes[] = {
    {"epsilon", AttributeType::real},
};

const OpDef op_instance_normalization = {.kind = OpKind::instance_normalization,
                                         .name = "InstanceNormalization",
                                         .attributes = instance_normalization_attributes,
                                         .min_inputs = 3,
                                         .max_inputs = 3,
                                         .max_outputs = 1,
                                         .learned = {1, 2}};

}  // namespace pare
