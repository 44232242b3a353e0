#include "core/channels/cut.h"
#include "core/ops/define.h"
#include "core/ops/ties_moved.h"
#include "core/ops/ties_shape_list.h"

namespace pare {

// What a dimension of 1 is stretched to is new: copies may go one by one.
static void tie_expand(ChannelTies& ties, const Node& node) {
  if (ops::pin_where_unknown(ties, node)) return;
  ops::tie_broadcast(ties, node.inputs[0], node.outputs[0]);
  ties.pin(node.inputs[1]);
  ops::pin_computed_dims(ties, node, 1);
}

static void cut_expand(ChannelCut& cut, NodeId id) { ops::cut_shape_list(cut, id, 1); }

const OpDef op_expand = {.kind = OpKind::expand,
                         .name = "Expand",
                         .min_inputs = 2,
                         .max_inputs = 2,
                         .max_outputs = 1,
                         .since = 8,
                         .moves = true,
                         .tie = tie_expand,
                         .cut = cut_expand};

}  // namespace pare
