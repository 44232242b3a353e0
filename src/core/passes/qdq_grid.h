// Between the operands of QuantizeLinear/DequantizeLinear and a Grid.
#pragma once

#include <optional>

#include "core/graph.h"

namespace pare {

// The grid that a QuantizeLinear or DequantizeLinear node of opset 17 computes with: scale and zero point constants,
// 8-bit levels (32 for a DequantizeLinear of i32). Zero points of 0 and absent ones give the same grid. Nothing when it
// is not said by constants, or not a valid grid for `dims`.
std::optional<Grid> grid_of(const Graph& graph, const Node& node, const std::optional<Dims>& dims);

}  // namespace pare
