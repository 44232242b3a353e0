#include "core/ops/define.h"
#include "core/ops/ties_moved.h"

namespace pare {

static constexpr AttributeSpec trilu_attributes[] = {
    {"upper", AttributeType::integer},
};

static void tie_trilu(ChannelTies& ties, const Node& node) {
  if (ops::pin_where_unknown(ties, node)) return;
  ops::tie_axes(ties, node.inputs[0], node.outputs[0]);
  ties.pin_axis(node.inputs[0], -2);
  ties.pin_axis(node.inputs[0], -1);
  if (ties.graph().has_input(node, 1)) ties.pin(node.inputs[1]);
}

const OpDef op_trilu = {.kind = OpKind::trilu,
                        .name = "Trilu",
                        .attributes = trilu_attributes,
                        .min_inputs = 1,
                        .max_inputs = 2,
                        .max_outputs = 1,
                        .since = 14,
                        .tie = tie_trilu};

}  // namespace pare
