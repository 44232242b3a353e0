#include "core/ops/define.h"
#include "core/ops/ties_elementwise.h"

namespace pare {

static constexpr AttributeSpec elu_attributes[] = {
    {"alpha", AttributeType::real},
};

const OpDef op_elu = {.kind = OpKind::elu,
                      .name = "Elu",
                      .attributes = elu_attributes,
                      .min_inputs = 1,
                      .max_inputs = 1,
                      .max_outputs = 1,
                      .tie = ops::tie_elementwise};

}  // namespace pare
