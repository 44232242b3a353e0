// Scatter, ScatterElements, ScatterND.
#pragma once

#include "core/ops/rewrite.h"
#include "core/ops/ties_moved.h"

namespace pare::ops {

// Sums and products of updates came with opset 16, the largest and smallest of them with 18.
inline void lower_scatter(Graph& graph, NodeId id, int64_t version) {
  const std::string reduction = graph.node(id).attributes.text("reduction", "none");
  if (version < 18 && (reduction == "max" || reduction == "min"))
    unsupported(version, "does not keep the largest or smallest of elements");
  if (version >= 16) return;
  if (reduction != "none") unsupported(version, "only replaces elements");
  graph.node(id).attributes.erase("reduction");
}

// Updates that are zero say nothing where they are added; where they replace elements or multiply them they do, so that
// none of the places they go to may be left out.
inline bool adds(const Node& node) { return node.attributes.text("reduction", "none") == "add"; }

// data, indices, updates, along an axis: beside it, only where the indices span the data do these go together.
inline void tie_scatter_along(ChannelTies& ties, const Node& node) {
  if (pin_where_unknown(ties, node)) return;
  const ValueId data = node.inputs[0], indices = node.inputs[1];
  const size_t rank = ties.rank(data), axis = axis_of(ties.graph(), node, data, 0);
  if (axis >= rank || ties.rank(indices) != rank || ties.rank(node.inputs[2]) != rank)
    return pin_everything(ties, node);
  tie_axes(ties, data, node.outputs[0]);
  tie_axes(ties, indices, node.inputs[2]);
  tie_axes_but(ties, data, indices, axis);
  ties.pin_axis(data, static_cast<int64_t>(axis));
  if (!adds(node)) ties.pin_axis(indices, static_cast<int64_t>(axis));
}

}  // namespace pare::ops
