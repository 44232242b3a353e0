#include "core/ops/define.h"

namespace pare {

static constexpr AttributeSpec one_hot_attributes[] = {
    {"axis", AttributeType::integer},
};

const OpDef op_one_hot = {.kind = OpKind::one_hot,
                          .name = "OneHot",
                          .attributes = one_hot_attributes,
                          .min_inputs = 3,
                          .max_inputs = 3,
                          .max_outputs = 1,
                          .since = 9};

}  // namespace pare
