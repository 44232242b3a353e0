#include "core/ops/define.h"

namespace pare {

static constexpr AttributeSpec gather_elements_attributes[] = {
    {"axis", AttributeType::integer},
};

const OpDef op_gather_elements = {.kind = OpKind::gather_elements,
                                  .name = "GatherElements",
                                  .attributes = gather_elements_attributes,
                                  .min_inputs = 2,
                                  .max_inputs = 2,
                                  .max_outputs = 1,
                                  .since = 11};

}  // namespace pare
