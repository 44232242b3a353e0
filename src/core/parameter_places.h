// Where each trainable constant sits: which layer it goes with, and how far that is from the output. Learning rates per
// layer and freezing are said in these terms.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "core/graph.h"

namespace pare {

struct ParameterPlace {
  ValueId value;
  NodeId node;        // that computes with it first
  size_t layer = 0;   // into layers(graph): its own, or the one that its node (a norm) follows; 0 before the first
  int64_t depth = 0;  // layers behind its node, on the longest way to an output
};
// In the order of the values. Constants that nobody reads have no place.
std::vector<ParameterPlace> parameter_places(const Graph& graph);

}  // namespace pare
