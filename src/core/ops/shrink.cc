#include "core/ops/define.h"
#include "core/ops/ties_elementwise.h"

namespace pare {

static constexpr AttributeSpec shrink_attributes[] = {
    {"bias", AttributeType::real},
    {"lambd", AttributeType::real},
};

const OpDef op_shrink = {.kind = OpKind::shrink,
                         .name = "Shrink",
                         .attributes = shrink_attributes,
                         .min_inputs = 1,
                         .max_inputs = 1,
                         .max_outputs = 1,
                         .since = 9,
                         .tie = ops::tie_elementwise};

}  // namespace pare
