// Which layers learn, and how fast: what `rates`, `freeze` and `layer_decay` say about each trainable constant.
#pragma once

#include <map>

#include "core/graph.h"
#include "train/engine.h"

namespace pare {

// Factor on the learning rate of every trainable constant that is read; 0: frozen, it stays bit for bit as it is.
// Patterns are those of `layers:`, and `norm`. A norm, or another parameter that is no weight or bias of a layer, goes
// with the layer it follows, or is picked by the name of its own node.
// `freeze` is read from left to right; not:PATTERN takes back what came before, and at the front it means: all but
// this. Error(invalid) for a pattern that matches nothing.
std::map<ValueId, double> rate_factors(const Graph& graph, const TrainOptions& options);

}  // namespace pare
