// ScatterElements, ScatterND.
#pragma once

#include "core/ops/rewrite.h"

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

}  // namespace pare::ops
