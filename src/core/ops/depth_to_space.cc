#include "core/ops/define.h"

namespace pare {

static constexpr AttributeSpec depth_to_space_attributes[] = {
    {"blocksize", AttributeType::integer},
    {"mode", AttributeType::text},
};

const OpDef op_depth_to_space = {.kind = OpKind::depth_to_space,
                                 .name = "DepthToSpace",
                                 .attributes = depth_to_space_attributes,
                                 .min_inputs = 1,
                                 .max_inputs = 1,
                                 .max_outputs = 1};

}  // namespace pare
