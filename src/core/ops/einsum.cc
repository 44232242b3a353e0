#include "core/ops/define.h"

namespace pare {

static constexpr AttributeSpec einsum_attributes[] = {
    {"equation", AttributeType::text},
};

const OpDef op_einsum = {.kind = OpKind::einsum,
                         .name = "Einsum",
                         .attributes = einsum_attributes,
                         .min_inputs = 1,
                         .max_inputs = -1,
                         .max_outputs = 1,
                         .since = 12};

}  // namespace pare
