#include "core/ops/define.h"
#include "core/ops/ties_elementwise.h"

namespace pare {

static constexpr AttributeSpec is_inf_attributes[] = {
    {"detect_negative", AttributeType::integer},
    {"detect_positive", AttributeType::integer},
};

const OpDef op_is_inf = {.kind = OpKind::is_inf,
                         .name = "IsInf",
                         .attributes = is_inf_attributes,
                         .min_inputs = 1,
                         .max_inputs = 1,
                         .max_outputs = 1,
                         .since = 10,
                         .tie = ops::tie_elementwise};

}  // namespace pare
