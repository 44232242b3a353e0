// Shape inference of one node, for builders that append nodes one by one. The whole graph: infer_shapes (core/edit.h).
#pragma once

#include "core/graph.h"

namespace pare {

// Fills dtype and dims of the node's outputs from those of its inputs. Error(invalid) names the node.
void infer_node(Graph& graph, NodeId node);

}  // namespace pare
