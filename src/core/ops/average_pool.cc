#include "core/ops/define.h"
#include "core/ops/ties_window.h"

namespace pare {

static constexpr AttributeSpec average_pool_attributes[] = {
    {"auto_pad", AttributeType::text},
    {"ceil_mode", AttributeType::integer},
    {"count_include_pad", AttributeType::integer},
    {"kernel_shape", AttributeType::integers},
    {"pads", AttributeType::integers},
    {"strides", AttributeType::integers},
};

const OpDef op_average_pool = {.kind = OpKind::average_pool,
                               .name = "AveragePool",
                               .attributes = average_pool_attributes,
                               .min_inputs = 1,
                               .max_inputs = 1,
                               .max_outputs = 1,
                               .tie = ops::tie_pool};

}  // namespace pare
