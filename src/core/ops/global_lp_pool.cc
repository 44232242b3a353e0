#include "core/ops/define.h"
#include "core/ops/ties_window.h"

namespace pare {

static constexpr AttributeSpec global_lp_pool_attributes[] = {
    {"p", AttributeType::integer},
};

const OpDef op_global_lp_pool = {.kind = OpKind::global_lp_pool,
                                 .name = "GlobalLpPool",
                                 .attributes = global_lp_pool_attributes,
                                 .min_inputs = 1,
                                 .max_inputs = 1,
                                 .max_outputs = 1,
                                 .tie = ops::tie_pool};

}  // namespace pare
