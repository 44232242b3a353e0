#include "core/ops/define.h"
#include "core/ops/scatter.h"

namespace pare {

static constexpr AttributeSpec scatter_nd_attributes[] = {
    {"reduction", AttributeType::text},
};

const OpDef op_scatter_nd = {.kind = OpKind::scatter_nd,
                             .name = "ScatterND",
                             .attributes = scatter_nd_attributes,
                             .min_inputs = 3,
                             .max_inputs = 3,
                             .max_outputs = 1,
                             .lower = ops::lower_scatter,
                             .since = 11};

}  // namespace pare
