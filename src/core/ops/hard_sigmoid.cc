#include "core/ops/define.h"
#include "core/ops/ties_elementwise.h"

namespace pare {

static constexpr AttributeSpec hard_sigmoid_attributes[] = {
    {"alpha", AttributeType::real},
    {"beta", AttributeType::real},
};

const OpDef op_hard_sigmoid = {.kind = OpKind::hard_sigmoid,
                               .name = "HardSigmoid",
                               .attributes = hard_sigmoid_attributes,
                               .min_inputs = 1,
                               .max_inputs = 1,
                               .max_outputs = 1,
                               .tie = ops::tie_elementwise};

}  // namespace pare
