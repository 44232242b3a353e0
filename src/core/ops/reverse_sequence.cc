#include "core/ops/define.h"

namespace pare {

static constexpr AttributeSpec reverse_sequence_attributes[] = {
    {"batch_axis", AttributeType::integer},
    {"time_axis", AttributeType::integer},
};

const OpDef op_reverse_sequence = {.kind = OpKind::reverse_sequence,
                                   .name = "ReverseSequence",
                                   .attributes = reverse_sequence_attributes,
                                   .min_inputs = 2,
                                   .max_inputs = 2,
                                   .max_outputs = 1,
                                   .since = 10};

}  // namespace pare
