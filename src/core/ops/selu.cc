#include "core/ops/define.h"
#include "core/ops/ties_elementwise.h"

namespace pare {

static constexpr AttributeSpec selu_attributes[] = {
    {"alpha", AttributeType::real},
    {"gamma", AttributeType::real},
};

const OpDef op_selu = {.kind = OpKind::selu,
                       .name = "Selu",
                       .attributes = selu_attributes,
                       .min_inputs = 1,
                       .max_inputs = 1,
                       .max_outputs = 1,
                       .tie = ops::tie_elementwise};

}  // namespace pare
