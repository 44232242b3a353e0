#include "core/ops/define.h"
#include "core/ops/rewrite.h"
#include "core/ops/ties_places.h"

namespace pare {

static constexpr AttributeSpec gather_nd_attributes[] = {
    {"batch_dims", AttributeType::integer},
};

static void lower_gather_nd(Graph& graph, NodeId id, int64_t version) {
  if (version >= 12) return;
  if (graph.node(id).attributes.integer("batch_dims", 0) != 0) ops::unsupported(version, "has no batch_dims");
  graph.node(id).attributes.erase("batch_dims");
}

static void tie_gather_nd(ChannelTies& ties, const Node& node) {
  if (ops::pin_where_unknown(ties, node)) return;
  ops::tie_places(ties, node, node.outputs[0], node.attributes.integer("batch_dims", 0));
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
