#include "core/ops/define.h"
#include "core/ops/ties_elementwise.h"

namespace pare {

static constexpr AttributeSpec bit_shift_attributes[] = {
    {"direction", AttributeType::text},
};

const OpDef op_bit_shift = {.kind = OpKind::bit_shift,
                            .name = "BitShift",
                            .attributes = bit_shift_attributes,
                            .min_inputs = 2,
                            .max_inputs = 2,
                            .max_outputs = 1,
                            .since = 11,
                            .tie = ops::tie_elementwise};

}  // namespace pare
