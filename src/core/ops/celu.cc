#include "core/ops/define.h"
#include "core/ops/ties_elementwise.h"

namespace pare {

static constexpr AttributeSpec celu_attributes[] = {
    {"alpha", AttributeType::real},
};

const OpDef op_celu = {.kind = OpKind::celu,
                       .name = "Celu",
                       .attributes = celu_attributes,
                       .min_inputs = 1,
                       .max_inputs = 1,
                       .max_outputs = 1,
                       .since = 12,
                       .tie = ops::tie_elementwise};

}  // namespace pare
