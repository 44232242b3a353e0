#include "core/ops/define.h"

namespace pare {

static constexpr AttributeSpec lrn_attributes[] = {
    {"alpha", AttributeType::real},
    {"beta", AttributeType::real},
    {"bias", AttributeType::real},
    {"size", AttributeType::integer},
};

const OpDef op_lrn = {.kind = OpKind::lrn,
                      .name = "LRN",
                      .attributes = lrn_attributes,
                      .min_inputs = 1,
                      .max_inputs = 1,
                      .max_outputs = 1};

}  // namespace pare
