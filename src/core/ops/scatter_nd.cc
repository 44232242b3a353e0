#include "core/ops/define.h"
#include "core/ops/scatter.h"
#include "core/ops/ties_places.h"

namespace pare {

static constexpr AttributeSpec scatter_nd_attributes[] = {
    {"reduction", AttributeType::text},
};

static void tie_scatter_nd(ChannelTies& ties, const Node& node) {
  if (ops::pin_where_unknown(ties, node)) return;
  const std::optional<size_t> places = ops::tie_places(ties, node, node.inputs[2], 0);
  if (!places) return;
  ops::tie_axes(ties, node.inputs[0], node.outputs[0]);
  for (size_t i = 0; !ops::adds(node) && i < *places; ++i) ties.pin_axis(node.inputs[2], static_cast<int64_t>(i));
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
