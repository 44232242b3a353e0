// Where a network's class scores are.
#pragma once

#include "core/graph.h"

namespace pare {

// The graph's first output, or what goes into it when it is a Softmax: cross entropy wants logits.
ValueId logits_of(const Graph& graph);

}  // namespace pare
