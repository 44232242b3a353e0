#include "core/ops/define.h"
#include "core/ops/scatter.h"
#include "core/ops/ties_moved.h"

namespace pare {

static constexpr AttributeSpec scatter_nd_attributes[] = {
    {"reduction", AttributeType::text},
};

// data and output [picked, rest], indices [places, picked], updates [places, rest].
static void tie_scatter_nd(ChannelTies& ties, const Node& node) {
  if (ops::pin_where_unknown(ties, node)) return;
  const ValueId data = node.inputs[0], indices = node.inputs[1], updates = node.inputs[2];
  const size_t places = ties.rank(indices) - 1;
  const Dim depth = (*ties.graph().value(indices).dims)[places];
  if (!depth.known()) return ops::pin_everything(ties, node);
  const auto rest = static_cast<size_t>(depth.factor);
  ops::tie_axes(ties, data, node.outputs[0]);
  for (size_t i = 0; i < rest; ++i) ties.pin_axis(data, static_cast<int64_t>(i));
  for (size_t i = rest; i < ties.rank(data); ++i) ops::tie_same(ties, data, i, updates, places + i - rest);
  for (size_t i = 0; i < places; ++i) ops::tie_same(ties, indices, i, updates, i);
  ties.pin_axis(indices, -1);
}

const OpDef op_scatter_nd = {.kind = OpKind::scatter_nd,
                             .name = "ScatterND",
                             .attributes = scatter_nd_attributes,
                             .min_inputs = 3,
                             .max_inputs = 3,
                             .max_outputs = 1,
                             .lower = ops::lower_scatter,
                             .since = 11,
                             .tie = tie_scatter_nd};

}  // namespace pare
