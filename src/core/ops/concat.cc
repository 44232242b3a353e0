#include "core/ops/define.h"

namespace pare {

static constexpr AttributeSpec concat_attributes[] = {
    {"axis", AttributeType::integer},
};

const OpDef op_concat = {.kind = OpKind::concat,
                         .name = "Concat",
                         .attributes = concat_attributes,
                         .min_inputs = 1,
                         .max_inputs = -1,
                         .max_outputs = 1,
                         .joins = true};

}  // namespace pare
