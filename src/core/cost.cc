#include "core/cost.h"

#include <algorithm>
#include <set>
#include <span>

#include "core/edit.h"
#include "core/op_def.h"

namespace pare {
namespace {

int64_t count_nonzeros(const Tensor& tensor) {
  if (tensor.dtype() != DType::f32) return count_nonzeros(cast(tensor, DType::f32));
  const auto values = tensor.view<float>();
  return std::count_if(values.begin(), values.end(), [](float v) { return v != 0; });
}

// Values a node's parameters lie in, the weight first. `bias` of a MatMul belongs to the Add behind it; what is only
// moved belongs to the node that computes with it.
std::vector<ValueId> parameters_of(const Graph& graph, const Node& node, std::span<const Layer> layers,
                                   const std::vector<bool>& learned) {
  std::vector<ValueId> ids;
  const auto add = [&](ValueId id) {
    if (id != kNoValue && learned[static_cast<size_t>(id)] && std::find(ids.begin(), ids.end(), id) == ids.end())
      ids.push_back(id);
  };
  for (const Layer& layer : layers) {
    add(layer.weight);
    add(layer.bias);
  }
  const OpDef* def = op_def(node.op);
  if (def && def->moves) return ids;
  for (const ValueId id : node.inputs) add(id == kNoValue ? id : origin_of(graph, id));
  return ids;
}

Shape shape_of(const Value& value) {
  const std::optional<Shape> shape = value.dims ? known_shape(*value.dims) : std::nullopt;
  return shape ? *shape : value.constant->shape();
}

// Constants count by their dimensions, which are those of their contents, or what these would be cut to.
NetworkCost count(const Graph& graph, bool contents) {
  NetworkCost total;
  std::set<ValueId> counted;  // shared weights cost their bytes once and their arithmetic every time
  const std::vector<bool> learned = learned_constants(graph);
  const std::vector<Layer> all = layers(graph);
  auto layer = all.begin();
  for (size_t i = 0; i < graph.nodes.size(); ++i) {
    const Node& node = graph.nodes[i];
    if (node.dead) continue;
    const auto first = layer;
    while (layer != all.end() && layer->node == static_cast<NodeId>(i)) ++layer;
    LayerCost row;
    row.name = node.name.empty() && !node.outputs.empty() ? graph.value(node.outputs[0]).name : node.name;
    row.op = node.type;
    const auto parameters = parameters_of(graph, node, {first, layer}, learned);
    row.tensors = parameters;
    for (const ValueId id : node.inputs) {
      if (id != kNoValue && graph.value(id).constant &&
          std::find(row.tensors.begin(), row.tensors.end(), id) == row.tensors.end())
        row.tensors.push_back(id);
    }
    if (!parameters.empty()) {
      const Value& weight = graph.value(parameters[0]);
      row.shape = shape_of(weight);
      if (weight.encoding.grid) row.bits = weight.encoding.grid->bits;
    }
    for (const ValueId id : parameters) {
      if (!counted.insert(id).second) continue;
      row.parameters += element_count(shape_of(graph.value(id))).value_or(0);
      if (contents) row.nonzeros += count_nonzeros(*graph.value(id).constant);
    }
    const OpDef* def = op_def(node.op);
    if (def && def->macs) row.macs = def->macs(graph, node);
    if (row.parameters == 0 && row.macs == 0) continue;
    total.parameters += row.parameters;
    total.nonzeros += row.nonzeros;
    total.macs += row.macs;
    total.layers.push_back(std::move(row));
  }
  return total;
}

}  // namespace

NetworkCost cost(const Graph& graph) { return count(graph, true); }

NetworkCost cost_of_dims(const Graph& graph) { return count(graph, false); }

std::vector<std::string> layers_of_open_size(const Graph& graph) {
  std::vector<std::string> names;
  for (const Layer& layer : layers(graph)) {
    const std::optional<Dims>& dims = graph.value(graph.node(layer.node).outputs[0]).dims;
    if (dims && std::ranges::count_if(*dims, [](const Dim& dim) { return !dim.known(); }) <= 1) continue;
    if (names.empty() || names.back() != layer.name) names.push_back(layer.name);
  }
  return names;
}

}  // namespace pare
