// Nodes that give back what they read: Identity, Dropout at inference, Concat of one, Transpose and Reshape to the same
// shape.
#include "core/edit.h"
#include "core/passes/pass.h"
#include "core/passes/rewrite.h"

namespace pare {
namespace {

bool drops_nothing(const Graph& graph, const Node& node) {
  if (node.outputs.size() > 1 && node.outputs[1] != kNoValue && !graph.value(node.outputs[1]).users.empty())
    return false;
  if (node.outputs.size() > 1 && node.outputs[1] != kNoValue && is_graph_output(graph, node.outputs[1])) return false;
  if (!graph.has_input(node, 2)) return true;
  const Tensor* training = graph.constant_input(node, 2);
  return training && training->dtype() == DType::boolean && training->size() == 1 && !training->view<bool>()[0];
}

bool keeps_order(const Graph& graph, const Node& node) {
  const auto order = node.attributes.integers("perm");
  if (order.empty()) {
    const auto& dims = graph.value(node.inputs[0]).dims;
    return dims && dims->size() < 2;
  }
  for (size_t i = 0; i < order.size(); ++i) {
    if (order[i] != static_cast<int64_t>(i)) return false;
  }
  return true;
}

bool keeps_shape(const Graph& graph, const Node& node) {
  const auto &before = graph.value(node.inputs[0]).dims, &after = graph.value(node.outputs[0]).dims;
  return before && after && *before == *after;  // equal symbols are equal sizes
}

bool is_identity(const Graph& graph, const Node& node) {
  switch (node.op) {
    case OpKind::identity:
      return true;
    case OpKind::dropout:
      return drops_nothing(graph, node);
    case OpKind::concat:
      return node.inputs.size() == 1;
    case OpKind::transpose:
      return keeps_order(graph, node);
    case OpKind::reshape:
    case OpKind::flatten:
      return keeps_shape(graph, node);
    default:
      return false;
  }
}

// Whether the input can stand for the output: its name is free where the output's is public, and so is its grid.
bool can_bypass(const Graph& graph, const Node& node) {
  const ValueId x = node.inputs[0], y = node.outputs[0];
  if (has_public_name(graph, y) && (has_public_name(graph, x) || graph.value(x).constant)) return false;
  const auto& grid = graph.value(y).activation_grid;
  return !grid || grid == graph.value(x).activation_grid;
}

bool remove_identity(Graph& graph) {
  infer_shapes(graph);
  bool changed = false;
  for (size_t i = 0; i < graph.nodes.size(); ++i) {
    const Node& node = graph.nodes[i];
    if (node.dead || node.inputs.empty() || node.inputs[0] == kNoValue || node.outputs.empty() ||
        node.outputs[0] == kNoValue)
      continue;
    if (!is_identity(graph, node) || !can_bypass(graph, node)) continue;
    replace_uses(graph, node.outputs[0], node.inputs[0]);
    remove_node(graph, static_cast<NodeId>(i));
    changed = true;
  }
  return changed;
}

}  // namespace

extern const PassDef pass_remove_identity;
const PassDef pass_remove_identity{"remove_identity",
                                   "remove nodes that change nothing: Identity, Dropout, reshapes to the same shape",
                                   remove_identity, true};

}  // namespace pare
