#include "core/ops/define.h"

namespace pare {

static constexpr AttributeSpec compress_attributes[] = {
    {"axis", AttributeType::integer},
};

const OpDef op_compress = {.kind = OpKind::compress,
                           .name = "Compress",
                           .attributes = compress_attributes,
                           .min_inputs = 2,
                           .max_inputs = 2,
                           .max_outputs = 1,
                           .since = 9};

}  // namespace pare
