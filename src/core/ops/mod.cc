#include "core/ops/define.h"
#include "core/ops/ties_elementwise.h"

namespace pare {

static constexpr AttributeSpec mod_attributes[] = {
    {"fmod", AttributeType::integer},
};

const OpDef op_mod = {.kind = OpKind::mod,
                      .name = "Mod",
                      .attributes = mod_attributes,
                      .min_inputs = 2,
                      .max_inputs = 2,
                      .max_outputs = 1,
                      .since = 10,
                      .tie = ops::tie_elementwise};

}  // namespace pare
