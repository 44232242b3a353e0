#include "core/ops/define.h"

namespace pare {

const OpDef op_dynamic_quantize_linear = {.kind = OpKind::dynamic_quantize_linear,
                                          .name = "DynamicQuantizeLinear",
                                          .min_inputs = 1,
                                          .max_inputs = 1,
                                          .max_outputs = 3,
                                          .since = 11};

}  // namespace pare
