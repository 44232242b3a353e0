#include "core/ops/define.h"

namespace pare {

static constexpr AttributeSpec trilu_attributes[] = {
    {"upper", AttributeType::integer},
};

const OpDef op_trilu = {.kind = OpKind::trilu,
                        .name = "Trilu",
                        .attributes = trilu_attributes,
                        .min_inputs = 1,
                        .max_inputs = 2,
                        .max_outputs = 1,
                        .since = 14};

}  // namespace pare
