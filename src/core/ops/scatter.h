// ScatterElements, ScatterND.
#pragma once

#include "core/ops/rewrite.h"

namespace pare::ops {

// Sums and products of updates came with opset 16.
inline void lower_scatter(Graph& graph, NodeId id, int64_t version) {
  if (version >= 16) return;
  if (graph.node(id).attributes.text("reduction", "none") != "none") unsupported(version, "only replaces elements");
  graph.node(id).attributes.erase("reduction");
}

}  // namespace pare::ops
