#include "core/ops/define.h"

namespace pare {

static constexpr AttributeSpec gather_attributes[] = {
    {"axis", AttributeType::integer},
};

const OpDef op_gather = {.kind = OpKind::gather,
                         .name = "Gather",
                         .attributes = gather_attributes,
                         .min_inputs = 2,
                         .max_inputs = 2,
                         .max_outputs = 1,
                         .learned = {0}};

}  // namespace pare
