#include "core/ops/define.h"
#include "core/ops/ties_moved.h"

namespace pare {

static constexpr AttributeSpec eye_like_attributes[] = {
    {"dtype", AttributeType::integer},
    {"k", AttributeType::integer},
};

const OpDef op_eye_like = {.kind = OpKind::eye_like,
                           .name = "EyeLike",
                           .attributes = eye_like_attributes,
                           .min_inputs = 1,
                           .max_inputs = 1,
                           .max_outputs = 1,
                           .since = 9,
                           .tie = ops::pin_everything};

}  // namespace pare
