#include "core/ops/define.h"

namespace pare {

static constexpr AttributeSpec transpose_attributes[] = {
    {"perm", AttributeType::integers},
};

const OpDef op_transpose = {.kind = OpKind::transpose,
                            .name = "Transpose",
                            .attributes = transpose_attributes,
                            .min_inputs = 1,
                            .max_inputs = 1,
                            .max_outputs = 1,
                            .moves = true};

}  // namespace pare
