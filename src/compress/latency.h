// How long a network takes on this machine.
#pragma once

#include "core/graph.h"
#include "train/engine.h"

namespace pare {

// Median seconds of one sample (symbolic dimensions are 1) through the engine in inference form, over `runs` runs after
// two to warm up. Inputs are random numbers; of integers, zeros. Error(invalid) names an input of unknown shape.
double latency(Engine& engine, const Graph& graph, int runs = 9);

}  // namespace pare
