#include "core/ops/define.h"
#include "core/ops/rewrite.h"
#include "core/ops/ties_moved.h"

namespace pare {

static constexpr AttributeSpec gather_nd_attributes[] = {
    {"batch_dims", AttributeType::integer},
};

static void lower_gather_nd(Graph& graph, NodeId id, int64_t version) {
  if (version >= 12) return;
  if (graph.node(id).attributes.integer("batch_dims", 0) != 0) ops::unsupported(version, "has no batch_dims");
  graph.node(id).attributes.erase("batch_dims");
}

// data [batch, picked, rest], indices [batch, places, picked], output [batch, places, rest].
static void tie_gather_nd(ChannelTies& ties, const Node& node) {
  if (ops::pin_where_unknown(ties, node)) return;
  const ValueId data = node.inputs[0], indices = node.inputs[1], out = node.outputs[0];
  const auto batch = static_cast<size_t>(node.attributes.integer("batch_dims", 0));
  const size_t places = ties.rank(indices) - 1;
  const Dim depth = (*ties.graph().value(indices).dims)[places];
  if (!depth.known()) return ops::pin_everything(ties, node);
  const size_t rest = batch + static_cast<size_t>(depth.factor);
  for (size_t i = 0; i < batch; ++i) ops::tie_same(ties, data, i, out, i);
  for (size_t i = batch; i < rest; ++i) ties.pin_axis(data, static_cast<int64_t>(i));
  for (size_t i = rest; i < ties.rank(data); ++i) ops::tie_same(ties, data, i, out, places + i - rest);
  for (size_t i = 0; i < places; ++i) ops::tie_same(ties, indices, i, out, i);
  ties.pin_axis(indices, -1);
}

const OpDef op_gather_nd = {.kind = OpKind::gather_nd,
                            .name = "GatherND",
                            .attributes = gather_nd_attributes,
                            .min_inputs = 2,
                            .max_inputs = 2,
                            .max_outputs = 1,
                            .lower = lower_gather_nd,
                            .since = 11,
                            .tie = tie_gather_nd};

}  // namespace pare
