#include "core/ops/define.h"
#include "core/ops/ties_complete.h"

namespace pare {

// The range always reaches to zero, so that zeros do not change the scale.
static void tie_dynamic_quantize_linear(ChannelTies& ties, const Node& node) {
  if (!ops::pin_where_incomplete(ties, node)) ops::tie_axes(ties, node.inputs[0], node.outputs[0]);
}

const OpDef op_dynamic_quantize_linear = {.kind = OpKind::dynamic_quantize_linear,
                                          .name = "DynamicQuantizeLinear",
                                          .min_inputs = 1,
                                          .max_inputs = 1,
                                          .max_outputs = 3,
                                          .since = 11,
                                          .tie = tie_dynamic_quantize_linear};

}  // namespace pare
