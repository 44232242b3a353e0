#include "core/ops/reduce.h"

namespace pare::ops {

void lift_reduce(Graph& graph, NodeId id, int64_t version) {
  if (version < 18) return;
  const Node& node = graph.node(id);
  const bool noop = node.attributes.integer("noop_with_empty_axes", 0) != 0;
  if (noop && (!graph.has_input(node, 1) || constant_integers(graph, node, 1, version).empty()))
    unsupported(version, "reduces over nothing where no axis is named, opset 17 over all");
  graph.node(id).attributes.erase("noop_with_empty_axes");
  integers_to_attribute(graph, id, 1, "axes", version);
  if (graph.node(id).attributes.integers("axes").empty()) graph.node(id).attributes.erase("axes");
}

void lower_reduce(Graph& graph, NodeId id, int64_t version) {
  if (version >= 18) integers_to_input(graph, id, "axes", 1);
}

}  // namespace pare::ops
