#include "core/ops/define.h"
#include "core/ops/scatter.h"

namespace pare {

static constexpr AttributeSpec scatter_elements_attributes[] = {
    {"axis", AttributeType::integer},
    {"reduction", AttributeType::text},
};

const OpDef op_scatter_elements = {.kind = OpKind::scatter_elements,
                                   .name = "ScatterElements",
                                   .attributes = scatter_elements_attributes,
                                   .min_inputs = 3,
                                   .max_inputs = 3,
                                   .max_outputs = 1,
                                   .lower = ops::lower_scatter,
                                   .since = 11,
                                   .tie = ops::tie_scatter_along};

}  // namespace pare
