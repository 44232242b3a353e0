#include "core/ops/define.h"
#include "core/ops/ties_reindex.h"

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
                          .moves = true,
                          .tie = ops::tie_reindex};

}  // namespace pare
