// Which nodes are layers, and the patterns that pick them: what recipes mean by `layers:`, `exclude:` and per-layer
// tables.
#include <utility>

#include "core/graph.h"
#include "core/params.h"

namespace pare {
namespace {

LayerKind conv_kind(const Node& node, const Tensor& weight) {
  return node.attributes.integer("group", 1) > 1 && weight.dim(1) == 1 ? LayerKind::depthwise : LayerKind::conv;
}

// MatMul has no bias of its own: exporters write it as the Add that alone reads the product.
ValueId bias_after(const Graph& graph, const Node& node) {
  const Value& product = graph.value(node.outputs[0]);
  if (product.users.size() != 1) return kNoValue;
  const Node& add = graph.node(product.users[0]);
  if (add.op != OpKind::add || add.inputs.size() != 2) return kNoValue;
  const ValueId other = add.inputs[add.inputs[0] == node.outputs[0] ? 1 : 0];
  const Value& bias = graph.value(other);
  return bias.constant && is_float(bias.constant->dtype()) && bias.constant->rank() == 1 ? other : kNoValue;
}

bool is_recurrent(OpKind op) { return op == OpKind::rnn || op == OpKind::lstm || op == OpKind::gru; }

// W and R, [directions, gates hidden, in] each. The biases of both lie in one tensor; it counts as that of W.
void add_recurrent(const Graph& graph, NodeId id, std::vector<Layer>& result) {
  const Node& node = graph.node(id);
  for (const auto& [at, part] : {std::pair{size_t{1}, ".W"}, std::pair{size_t{2}, ".R"}}) {
    const Tensor* weight = graph.constant_input(node, at);
    if (!weight || weight->rank() < 2 || !is_float(weight->dtype())) continue;
    const ValueId bias = at == 1 && graph.constant_input(node, 3) ? node.inputs[3] : kNoValue;
    result.push_back({id, LayerKind::recurrent, node.inputs[at], bias, node.name + part});
  }
}

}  // namespace

std::vector<Layer> layers(const Graph& graph) {
  std::vector<Layer> result;
  for (size_t i = 0; i < graph.nodes.size(); ++i) {
    const Node& node = graph.nodes[i];
    if (node.dead || node.outputs.empty()) continue;
    if (is_recurrent(node.op)) add_recurrent(graph, static_cast<NodeId>(i), result);
    if (node.op != OpKind::conv && node.op != OpKind::gemm && node.op != OpKind::matmul) continue;
    size_t at = 1;
    const Tensor* weight = graph.constant_input(node, at);
    if (!weight && node.op == OpKind::matmul) weight = graph.constant_input(node, at = 0);
    if (!weight || weight->rank() < 2 || !is_float(weight->dtype())) continue;
    Layer layer{static_cast<NodeId>(i), LayerKind::fc, node.inputs[at], kNoValue, node.name};
    if (node.op == OpKind::conv) layer.kind = conv_kind(node, *weight);
    if (node.op == OpKind::matmul) {
      layer.bias = bias_after(graph, node);
    } else if (graph.constant_input(node, 2)) {
      layer.bias = node.inputs[2];
    }
    if (layer.name.empty()) layer.name = graph.value(node.outputs[0]).name;
    result.push_back(std::move(layer));
  }
  return result;
}

std::string_view name_of(LayerKind kind) {
  switch (kind) {
    case LayerKind::conv:
      return "conv";
    case LayerKind::depthwise:
      return "depthwise";
    case LayerKind::fc:
      return "fc";
    case LayerKind::norm:
      return "norm";
    case LayerKind::recurrent:
      return "recurrent";
    case LayerKind::other:
      return "other";
  }
  return "other";
}

bool names_a_kind(std::string_view pattern) {
  if (pattern == "first" || pattern == "last" || pattern.starts_with("kind:")) return true;
  for (const LayerKind kind :
       {LayerKind::conv, LayerKind::depthwise, LayerKind::fc, LayerKind::norm, LayerKind::other, LayerKind::recurrent})
    if (pattern == name_of(kind)) return true;
  return false;
}

bool layer_matches(std::string_view pattern, const std::vector<Layer>& all, size_t index) {
  const Layer& layer = all[index];
  // A recurrent node has a layer per weight, and its own name means all of them.
  std::string_view node = layer.name;
  if (layer.kind == LayerKind::recurrent) node.remove_suffix(std::string_view(".W").size());
  if (pattern == "first") return index == 0;
  if (pattern == "last") return index + 1 == all.size();
  if (pattern.starts_with("kind:")) return pattern.substr(5) == name_of(layer.kind);
  if (pattern.starts_with("name:")) return pattern.substr(5) == layer.name || pattern.substr(5) == node;
  return pattern == name_of(layer.kind) || glob_match(pattern, layer.name) || glob_match(pattern, node);
}

}  // namespace pare
