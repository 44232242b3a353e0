// Inputs that list the dimensions of output 0: what rules say of them (Reshape, Expand, ConstantOfShape, Resize).
#pragma once

#include "core/channels/cut.h"
#include "core/channels/shape_list.h"
#include "core/channels/ties.h"

namespace pare::ops {

// Dimensions that only the list itself can tell stay.
inline void pin_computed_dims(ChannelTies& ties, const Node& node, size_t index) {
  if (!ties.graph().value(node.outputs[0]).dims) return;
  const std::vector<ShapeEntry> entries = shape_entries(ties.graph(), node, index);
  for (size_t i = 0; i < entries.size(); ++i) {
    if (entries[i] == ShapeEntry::computed) ties.pin_axis(node.outputs[0], static_cast<int64_t>(i));
  }
}

// A computed list is written anew even where this output keeps its dims: it may be made of those of another value.
inline void cut_shape_list(ChannelCut& cut, NodeId id, size_t index) {
  const Graph& graph = cut.graph();
  const Node& node = graph.node(id);
  if (!graph.value(node.outputs[0]).dims) return;
  if (cut.cuts(node.outputs[0]) || !graph.constant_input(node, index)) cut.set_shape(id, index);
}

}  // namespace pare::ops
