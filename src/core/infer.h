// Shape inference beyond infer_shapes (core/edit.h): one node for builders, and all that was learned for passes.
#pragma once

#include <vector>

#include "core/graph.h"
#include "format/infer.h"

namespace pare {

// Fills dtype and dims of the node's outputs from those of its inputs. Error(invalid) names the node.
void infer_node(Graph& graph, NodeId node);
// infer_shapes, and what is known of every value, elements of small integer tensors included.
std::vector<TensorFacts> infer_facts(Graph& graph);

}  // namespace pare
