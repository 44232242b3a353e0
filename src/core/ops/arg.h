// ArgMax, ArgMin.
#pragma once

#include "core/ops/rewrite.h"

namespace pare::ops {

// The choice between equal elements came with opset 12.
inline void lower_arg(Graph& graph, NodeId id, int64_t version) {
  if (version >= 12) return;
  if (graph.node(id).attributes.integer("select_last_index", 0) != 0)
    unsupported(version, "takes the first of equal elements, not the last");
  graph.node(id).attributes.erase("select_last_index");
}

}  // namespace pare::ops
