// What of a graph is learned: which float constants training finds. Ops say which of their inputs are (OpDef::learned);
// what is merely added to or joined with an activation is told by where it is stored.
#include "core/edit.h"
#include "core/op_def.h"

namespace pare {
namespace {

bool is_float_constant(const Value& value) { return value.constant && is_float(value.constant->dtype()); }

// The values that come out of a layer, or are computed from one that does.
class LayerOutputs {
 public:
  explicit LayerOutputs(const Graph& graph)
      : graph_(graph), computed_(graph.values.size()), after_layer_(graph.values.size()) {
    for (const ValueId id : graph.inputs) computed_[static_cast<size_t>(id)] = true;
    for (const Node& node : graph.nodes) {
      if (!node.dead) visit(node);
    }
  }

  bool contains(ValueId id) const { return id != kNoValue && after_layer_[static_cast<size_t>(id)]; }

 private:
  // A layer is a node that meets what it computes on with what it learned, however that weight is made: a quantized
  // one is dequantized first.
  void visit(const Node& node) {
    const OpDef* def = op_def(node.op);
    bool computed = false, after_layer = false;
    for (size_t i = 0; i < node.inputs.size(); ++i) {
      if (!graph_.has_input(node, i)) continue;
      const bool input_is_computed = computed_[static_cast<size_t>(node.inputs[i])];
      computed |= input_is_computed;
      after_layer |= contains(node.inputs[i]) || (def != nullptr && def->learned.contains(i) && !input_is_computed);
    }
    for (const ValueId id : node.outputs) {
      if (id == kNoValue) continue;
      computed_[static_cast<size_t>(id)] = computed;
      after_layer_[static_cast<size_t>(id)] = computed && after_layer;
    }
  }

  const Graph& graph_;
  std::vector<bool> computed_, after_layer_;  // by value: depends on the graph's inputs; and on a layer between
};

}  // namespace

// Producers come first in a graph that is in order; in any other this ends all the same.
ValueId origin_of(const Graph& graph, ValueId id) {
  auto before = static_cast<NodeId>(graph.nodes.size());
  for (NodeId producer; (producer = graph.value(id).producer) != kNoNode && producer < before; before = producer) {
    const Node& node = graph.node(producer);
    const OpDef* def = op_def(node.op);
    if (def == nullptr || !def->moves || !graph.has_input(node, 0)) break;
    id = node.inputs[0];
  }
  return id;
}

std::vector<bool> learned_constants(const Graph& graph) {
  std::vector<bool> learned(graph.values.size());
  const auto add = [&](ValueId id) {
    if (id != kNoValue && is_float_constant(graph.value(id))) learned[static_cast<size_t>(id)] = true;
  };
  for (const Node& node : graph.nodes) {
    const OpDef* def = op_def(node.op);
    for (size_t i = 0; !node.dead && def != nullptr && i < node.inputs.size(); ++i) {
      if (def->learned.contains(i) && graph.has_input(node, i)) add(origin_of(graph, node.inputs[i]));
    }
  }
  for (const Layer& layer : layers(graph)) add(layer.bias);  // that of a MatMul is read by the Add behind it
  for (size_t i = 0; i < learned.size(); ++i)
    learned[i] = learned[i] || (graph.values[i].trainable && graph.values[i].constant);
  return learned;
}

void mark_trainable(Graph& graph) {
  const std::vector<bool> learned = learned_constants(graph);
  for (size_t i = 0; i < learned.size(); ++i) {
    if (learned[i]) graph.values[i].trainable = true;
  }
}

void mark_stored_parameters(Graph& graph) {
  for (const Value& value : graph.values) {
    if (value.trainable) return;  // it was decided before
  }
  const LayerOutputs after_layer(graph);
  for (const Node& node : graph.nodes) {
    const OpDef* def = op_def(node.op);
    if (node.dead || def == nullptr || !def->joins) continue;
    for (size_t i = 0; i < node.inputs.size(); ++i) {
      bool meets_activation = false;
      for (size_t k = 0; k < node.inputs.size(); ++k)
        meets_activation |= k != i && after_layer.contains(node.inputs[k]);
      if (!meets_activation || !graph.has_input(node, i)) continue;
      Value& origin = graph.value(origin_of(graph, node.inputs[i]));
      if (is_float_constant(origin) && origin.constant->size() > 1) origin.trainable = true;
    }
  }
}

}  // namespace pare
