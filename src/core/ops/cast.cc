#include "core/ops/define.h"

namespace pare {

static constexpr AttributeSpec cast_attributes[] = {
    {"to", AttributeType::integer},
};

const OpDef op_cast = {.kind = OpKind::cast,
                       .name = "Cast",
                       .attributes = cast_attributes,
                       .min_inputs = 1,
                       .max_inputs = 1,
                       .max_outputs = 1};

}  // namespace pare
