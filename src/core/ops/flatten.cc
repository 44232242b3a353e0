#include "core/ops/define.h"

namespace pare {

static constexpr AttributeSpec flatten_attributes[] = {
    {"axis", AttributeType::integer},
};

const OpDef op_flatten = {.kind = OpKind::flatten,
                          .name = "Flatten",
                          .attributes = flatten_attributes,
                          .min_inputs = 1,
                          .max_inputs = 1,
                          .max_outputs = 1,
                          .moves = true};

}  // namespace pare
