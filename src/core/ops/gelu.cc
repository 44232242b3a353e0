#include "core/ops/define.h"
#include "core/ops/ties_elementwise.h"

namespace pare {

static constexpr AttributeSpec gelu_attributes[] = {
    {"approximate", AttributeType::text},
};

const OpDef op_gelu = {.kind = OpKind::gelu,
                       .name = "Gelu",
                       .attributes = gelu_attributes,
                       .min_inputs = 1,
                       .max_inputs = 1,
                       .max_outputs = 1,
                       .since = 20,
                       .tie = ops::tie_elementwise};

}  // namespace pare
