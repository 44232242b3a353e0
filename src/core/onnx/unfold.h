// Writes what lies on values (grids, codebooks, source types) as the nodes and initializers that say it in ONNX.
#pragma once

#include <cstdint>

#include "core/onnx/onnx.h"

namespace pare {

// Is there anything to write this way?
bool has_foldings(const Graph& graph, const ExportOptions& options);
// In place, on a graph in canonical form that will be lowered to `opset`. Grids of constants that ONNX cannot say
// become plain floats (same values); a grid of an activation that it cannot say is Error(unsupported).
void unfold(Graph& graph, const ExportOptions& options, int64_t opset);

}  // namespace pare
