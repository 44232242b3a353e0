#include "core/ops/define.h"
#include "core/ops/ties_moved.h"

namespace pare {

static constexpr AttributeSpec unique_attributes[] = {
    {"axis", AttributeType::integer},
    {"sorted", AttributeType::integer},
};

const OpDef op_unique = {.kind = OpKind::unique,
                         .name = "Unique",
                         .attributes = unique_attributes,
                         .min_inputs = 1,
                         .max_inputs = 1,
                         .max_outputs = 4,
                         .since = 11,
                         .tie = ops::pin_everything};

}  // namespace pare
