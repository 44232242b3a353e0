#include "core/edit.h"
#include "core/ops/linear_grid.h"
#include "core/ops/rewrite.h"

namespace pare::ops {

// What opsets 19 and 21 added says nothing at its default: saturation is for 8-bit floats, which we do not know.
void lift_linear_grid(Graph& graph, NodeId id, int64_t /*version*/) {
  Attributes& attributes = graph.node(id).attributes;
  attributes.erase("saturate");
  for (const char* name : {"block_size", "output_dtype"})
    if (attributes.has(name) && attributes.integer(name, 0) == 0) attributes.erase(name);
}

// Scale and zero point must be scalars below opset 13; one-element lists become scalars.
void lower_linear_grid(Graph& graph, NodeId id, int64_t version) {
  if (version >= 13) return;
  for (size_t i = 1; i <= 2; ++i) {
    const Node& node = graph.node(id);
    if (!graph.has_input(node, i)) continue;
    const std::optional<Dims> dims = graph.value(node.inputs[i]).dims;
    if (dims && dims->empty()) continue;
    const Tensor* one = graph.constant_input(node, i);
    if (one == nullptr || one->size() != 1) unsupported(version, "knows one scale for a whole tensor only");
    set_input(graph, id, i,
              add_constant(graph, name_beside(graph, node, i == 1 ? "scale" : "zero_point"), one->reshaped({})));
  }
  graph.node(id).attributes.erase("axis");
}

}  // namespace pare::ops
