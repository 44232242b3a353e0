#include "compress/prune/channels/layer_matrix.h"

namespace pare {

std::optional<LayerMatrix> layer_matrix(const Graph& graph, NodeId id) {
  const Node& node = graph.node(id);
  const Tensor* weight = graph.constant_input(node, 1);
  if (!weight || weight->dtype() != DType::f32 || weight->rank() < 2 || !graph.has_input(node, 0)) return std::nullopt;
  LayerMatrix layer{.node = id, .weight = node.inputs[1], .input = node.inputs[0]};
  const auto first = static_cast<size_t>(weight->dim(0)), second = static_cast<size_t>(weight->dim(1));
  for (size_t d = 2; d < weight->rank(); ++d) layer.taps *= static_cast<size_t>(weight->dim(d));
  bool outputs_first = true;
  switch (node.op) {
    case OpKind::conv:
      break;
    case OpKind::conv_transpose:
      if (node.attributes.integer("group", 1) != 1) return std::nullopt;
      outputs_first = false;
      break;
    case OpKind::gemm:
      if (node.attributes.integer("transA", 0) != 0) return std::nullopt;
      outputs_first = node.attributes.integer("transB", 0) != 0;
      break;
    case OpKind::matmul:
      if (weight->rank() != 2) return std::nullopt;
      outputs_first = false;
      break;
    default:
      return std::nullopt;
  }
  layer.outputs = outputs_first ? first : second;
  layer.inputs = outputs_first ? second : first;
  layer.output_stride = outputs_first ? second * layer.taps : layer.taps;
  layer.input_stride = outputs_first ? layer.taps : second * layer.taps;
  return layer;
}

}  // namespace pare
