#include "core/ops/define.h"
#include "core/ops/rewrite.h"
#include "core/ops/ties_moved.h"

namespace pare {

static constexpr AttributeSpec top_k_attributes[] = {
    {"axis", AttributeType::integer},
    {"largest", AttributeType::integer},
    {"sorted", AttributeType::integer},
};

// Until opset 9 k was an attribute.
static void lift_top_k(Graph& graph, NodeId id, int64_t version) {
  if (version >= 10) return;
  const int64_t k = graph.node(id).attributes.integer("k", 0);
  graph.node(id).attributes.set("k", Shape{k});
  ops::integers_to_input(graph, id, "k", 1);
}

static void tie_top_k(ChannelTies& ties, const Node& node) {
  if (ops::pin_where_unknown(ties, node)) return;
  const ValueId x = node.inputs[0];
  const size_t axis = ops::axis_of(ties.graph(), node, x, -1);
  for (const ValueId y : node.outputs) {
    if (y == kNoValue) continue;
    ops::tie_axes_but(ties, x, y, axis);
    ties.pin_axis(y, static_cast<int64_t>(axis));
  }
  ties.pin_axis(x, static_cast<int64_t>(axis));
  ties.pin(node.inputs[1]);
}

const OpDef op_top_k = {.kind = OpKind::top_k,
                        .name = "TopK",
                        .attributes = top_k_attributes,
                        .min_inputs = 2,
                        .max_inputs = 2,
                        .max_outputs = 2,
                        .lift = lift_top_k,
                        .tie = tie_top_k};

}  // namespace pare
