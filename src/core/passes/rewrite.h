// What several passes do to a graph, beyond core/edit.h.
#pragma once

#include "core/graph.h"

namespace pare {

bool is_graph_output(const Graph& graph, ValueId value);
// The only node that reads `value`, when that value is nobody else's business: one use, no public name, no activation
// grid.
NodeId only_user(const Graph& graph, ValueId value);
// Puts a constant in the place of a node's output; it takes over name and uses. The node is left to remove.
ValueId replace_by_constant(Graph& graph, ValueId value, Tensor tensor);

}  // namespace pare
