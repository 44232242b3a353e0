#include "core/ops/define.h"

namespace pare {

static constexpr AttributeSpec lp_normalization_attributes[] = {
    {"axis", AttributeType::integer},
    {"p", AttributeType::integer},
};

const OpDef op_lp_normalization = {.kind = OpKind::lp_normalization,
                                   .name = "LpNormalization",
                                   .attributes = lp_normalization_attributes,
                                   .min_inputs = 1,
                                   .max_inputs = 1,
                                   .max_outputs = 1};

}  // namespace pare
