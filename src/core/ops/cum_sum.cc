#include "core/ops/define.h"

namespace pare {

static constexpr AttributeSpec cum_sum_attributes[] = {
    {"exclusive", AttributeType::integer},
    {"reverse", AttributeType::integer},
};

const OpDef op_cum_sum = {.kind = OpKind::cum_sum,
                          .name = "CumSum",
                          .attributes = cum_sum_attributes,
                          .min_inputs = 2,
                          .max_inputs = 2,
                          .max_outputs = 1,
                          .since = 11};

}  // namespace pare
