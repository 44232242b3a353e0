// RNN, LSTM, GRU.
#pragma once

#include <cstdint>

#include "core/ops/macs.h"
#include "core/ops/rewrite.h"

namespace pare::ops {

// Every step multiplies input and state with their weights, in every direction.
inline int64_t recurrent_macs(const Graph& graph, const Node& node) {
  const auto &x = graph.value(node.inputs[0]).dims, &w = graph.value(node.inputs[1]).dims,
             &r = graph.value(node.inputs[2]).dims;
  if (!x || x->size() != 3 || !w || !r) return 0;
  const Dim steps = (*x)[node.attributes.integer("layout", 0) != 0 ? 1 : 0];
  return count_elements(*w, steps.factor) + count_elements(*r, steps.factor);
}

// The batch as first dimension came with opset 14.
inline void lower_recurrent(Graph& graph, NodeId id, int64_t version) {
  if (version >= 14) return;
  if (graph.node(id).attributes.integer("layout", 0) != 0) unsupported(version, "wants the steps first");
  graph.node(id).attributes.erase("layout");
}

}  // namespace pare::ops
