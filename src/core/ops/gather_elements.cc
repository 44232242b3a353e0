#include "core/ops/define.h"
#include "core/ops/ties_moved.h"

namespace pare {

static constexpr AttributeSpec gather_elements_attributes[] = {
    {"axis", AttributeType::integer},
};

// Beside the axis, an index per element: only where the indices span the data do these go together.
static void tie_gather_elements(ChannelTies& ties, const Node& node) {
  if (ops::pin_where_unknown(ties, node)) return;
  ops::tie_axes(ties, node.inputs[1], node.outputs[0]);
  const size_t axis = ops::axis_of(ties.graph(), node, node.inputs[0], 0);
  if (ties.rank(node.inputs[0]) != ties.rank(node.inputs[1])) return ops::pin_everything(ties, node);
  ops::tie_axes_but(ties, node.inputs[0], node.outputs[0], axis);
  ties.pin_axis(node.inputs[0], static_cast<int64_t>(axis));
}

const OpDef op_gather_elements = {.kind = OpKind::gather_elements,
                                  .name = "GatherElements",
                                  .attributes = gather_elements_attributes,
                                  .min_inputs = 2,
                                  .max_inputs = 2,
                                  .max_outputs = 1,
                                  .since = 11,
                                  .tie = tie_gather_elements};

}  // namespace pare
