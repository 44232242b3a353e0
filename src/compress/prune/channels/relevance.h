// Layer-wise relevance propagation (Bach et al. 2015, "On Pixel-Wise Explanations for Non-Linear Classifier Decisions
// by Layer-Wise Relevance Propagation") as a graph of ordinary ops, so that any engine can run it.
#pragma once

#include <span>
#include <vector>

#include "core/graph.h"

namespace pare {

enum class RelevanceRule : uint8_t {
  epsilon,  // by the share that an input has in a sum, terms of either sign: x w R / (z + e sign(z)), e a
            // quarter of the sample's mean |z|
  z_plus,   // by the share in the positive terms alone
};

struct RelevanceGraph {
  Graph graph;
  ValueId logits = kNoValue;
  // The last input of the graph, of the shape of the logits: the relevance of each, that is, 1 for the class that is
  // asked about and 0 for the others.
  ValueId start = kNoValue;
  std::vector<ValueId> relevances;  // of the values asked for, of their shapes; kNoValue where no relevance arrives
};
// The graph, with what computes the relevances of these values. z_plus conserves relevance. Biases take no part, and
//  - of sums of activations, each gets its share (z_plus: by magnitude); of products, each factor half;
//  - of pools, places get their shares by magnitude (average pools under epsilon: with their signs);
//  - element-wise functions, norms and softmax hand it on as it is; a batch norm behind a layer is part of its weight.
// Error(unsupported) names a node without a rule.
RelevanceGraph relevance_graph(const Graph& graph, std::span<const ValueId> values, RelevanceRule rule);

}  // namespace pare
