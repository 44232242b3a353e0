#include "core/parameter_places.h"

#include <algorithm>

#include "core/op_def.h"

namespace pare {
namespace {

constexpr size_t kNone = static_cast<size_t>(-1);

// Which layer each node is; kNone for most.
std::vector<size_t> layer_of_node(const Graph& graph, const std::vector<Layer>& all) {
  std::vector<size_t> result(graph.nodes.size(), kNone);
  for (size_t i = 0; i < all.size(); ++i) result[static_cast<size_t>(all[i].node)] = i;
  return result;
}

// Users first: a node has as many layers behind it as its users have, and those users that are layers themselves.
std::vector<int64_t> layers_behind(const Graph& graph, const std::vector<size_t>& layer_at) {
  std::vector<int64_t> behind(graph.nodes.size(), 0);
  for (size_t n = graph.nodes.size(); n-- > 0;) {
    if (graph.nodes[n].dead) continue;
    for (const ValueId output : graph.nodes[n].outputs) {
      if (output == kNoValue) continue;
      for (const NodeId user : graph.value(output).users) {
        const auto u = static_cast<size_t>(user);
        behind[n] = std::max(behind[n], behind[u] + (layer_at[u] != kNone ? 1 : 0));
      }
    }
  }
  return behind;
}

// The layer at or before a node, along the first input of each that is computed.
size_t layer_before(const Graph& graph, NodeId node, const std::vector<size_t>& layer_at) {
  while (layer_at[static_cast<size_t>(node)] == kNone) {
    NodeId before = kNoNode;
    for (const ValueId input : graph.node(node).inputs) {
      if (input != kNoValue && before == kNoNode) before = graph.value(input).producer;
    }
    if (before == kNoNode) return 0;
    node = before;
  }
  return layer_at[static_cast<size_t>(node)];
}

// The first node that computes with a constant: those that only move its elements (a Transpose, an Expand) are passed
// by.
NodeId first_reader(const Graph& graph, ValueId id) {
  NodeId node = graph.value(id).users.front();
  while (true) {
    const OpDef* def = op_def(graph.node(node).op);
    const std::vector<ValueId>& outputs = graph.node(node).outputs;
    if (def == nullptr || !def->moves || outputs.empty() || outputs[0] == kNoValue) return node;
    const std::vector<NodeId>& users = graph.value(outputs[0]).users;
    if (users.empty() || users.front() <= node) return node;
    node = users.front();
  }
}

}  // namespace

std::vector<ParameterPlace> parameter_places(const Graph& graph) {
  const std::vector<Layer> all = layers(graph);
  const std::vector<size_t> layer_at = layer_of_node(graph, all);
  const std::vector<int64_t> behind = layers_behind(graph, layer_at);
  std::vector<size_t> owner(graph.values.size(), kNone);  // of weights and biases; shared ones belong to the first
  for (size_t i = all.size(); i-- > 0;) {
    owner[static_cast<size_t>(all[i].weight)] = i;
    if (all[i].bias != kNoValue) owner[static_cast<size_t>(all[i].bias)] = i;
  }
  std::vector<ParameterPlace> places;
  for (size_t i = 0; i < graph.values.size(); ++i) {
    const Value& value = graph.values[i];
    if (!value.trainable || value.users.empty()) continue;
    const NodeId node = first_reader(graph, static_cast<ValueId>(i));
    const size_t layer = owner[i] != kNone ? owner[i] : layer_before(graph, node, layer_at);
    places.push_back({static_cast<ValueId>(i), node, layer, behind[static_cast<size_t>(node)]});
  }
  return places;
}

}  // namespace pare
