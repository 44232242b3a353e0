#include "core/ops/define.h"

namespace pare {

static constexpr AttributeSpec space_to_depth_attributes[] = {
    {"blocksize", AttributeType::integer},
};

const OpDef op_space_to_depth = {.kind = OpKind::space_to_depth,
                                 .name = "SpaceToDepth",
                                 .attributes = space_to_depth_attributes,
                                 .min_inputs = 1,
                                 .max_inputs = 1,
                                 .max_outputs = 1};

}  // namespace pare
