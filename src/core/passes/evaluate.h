// A small scalar evaluator for what constant subgraphs are made of: moving elements around, casts and arithmetic.
// Non-goal: to run networks. Anything else is left to the engine.
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "core/graph.h"

namespace pare {

// Outputs of a node from its inputs (nullptr: absent), as ONNX defines them; `shapes` are those of the outputs.
// Nothing where the op or the element type is not ours to fold, or where ONNX leaves the result open (x / 0).
std::optional<std::vector<Tensor>> evaluate(const Node& node, std::span<const Tensor* const> inputs,
                                            std::span<const Shape> shapes);

}  // namespace pare
