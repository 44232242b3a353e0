// Inputs that list the dimensions of output 0: what rules say of them (Reshape, Expand, ConstantOfShape, Resize).
#pragma once

#include <algorithm>

#include "core/channels/cut.h"
#include "core/channels/shape_list.h"
#include "core/channels/ties.h"

namespace pare::ops {

// Dimensions that only the list itself can tell stay.
inline void pin_computed_dims(ChannelTies& ties, const Node& node, size_t index) {
  if (!can_say_shape(ties.graph(), node, index)) return ties.pin(node.outputs[0]);
  const std::vector<ShapeEntry> entries = shape_entries(ties.graph(), node, index);
  for (size_t i = 0; i < entries.size(); ++i) {
    if (entries[i] == ShapeEntry::computed) ties.pin_axis(node.outputs[0], static_cast<int64_t>(i));
  }
}

// May the list change by itself, since it is made of the shape of a value that loses something?
inline bool is_of_cut_shape(const ChannelCut& cut, const Graph& graph, ValueId list) {
  constexpr size_t kMostValues = 64;  // lists are made of few values; where not, it may
  std::vector<ValueId> seen = {list};
  for (size_t at = 0; at < seen.size(); ++at) {
    const Value& value = graph.value(seen[at]);
    if (value.producer == kNoNode) continue;
    const Node& node = graph.node(value.producer);
    if (node.op == OpKind::shape) {
      if (cut.cuts(node.inputs[0])) return true;
      continue;
    }
    for (const ValueId v : node.inputs) {
      if (v == kNoValue || std::find(seen.begin(), seen.end(), v) != seen.end()) continue;
      if (seen.size() == kMostValues) return true;
      seen.push_back(v);
    }
  }
  return false;
}

inline void cut_shape_list(ChannelCut& cut, NodeId id, size_t index) {
  const Graph& graph = cut.graph();
  const Node& node = graph.node(id);
  if (!can_say_shape(graph, node, index)) return;
  if (cut.cuts(node.outputs[0]) || is_of_cut_shape(cut, graph, node.inputs[index])) cut.set_shape(id, index);
}

}  // namespace pare::ops
