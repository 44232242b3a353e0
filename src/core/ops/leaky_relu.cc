#include "core/ops/define.h"
#include "core/ops/ties_elementwise.h"

namespace pare {

static constexpr AttributeSpec leaky_relu_attributes[] = {
    {"alpha", AttributeType::real},
};

const OpDef op_leaky_relu = {.kind = OpKind::leaky_relu,
                             .name = "LeakyRelu",
                             .attributes = leaky_relu_attributes,
                             .min_inputs = 1,
                             .max_inputs = 1,
                             .max_outputs = 1,
                             .tie = ops::tie_elementwise};

}  // namespace pare
