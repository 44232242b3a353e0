// Residual blocks: what is computed of an activation and added to it, so that the network works without it too.
#pragma once

#include <vector>

#include "core/graph.h"

namespace pare {

struct ResidualBlock {
  NodeId add = kNoNode;
  ValueId shortcut = kNoValue;  // stays: of the same shape as the sum
  ValueId branch = kNoValue;    // what is added to it
  std::vector<NodeId> nodes;    // between the two, in order; nothing else reads what they compute
  std::vector<Layer> layers;    // among them; at least one
};
// In the order of nodes. Only blocks whose shortcut has no weights and keeps the shape, so never one that changes the
// size of maps or the number of channels; not the sum around blocks that lie inside of it, and no sum with the graph's
// input. Shapes must have been inferred.
std::vector<ResidualBlock> residual_blocks(const Graph& graph);
// The sum becomes its shortcut, and what nobody needs any more goes. Ids change.
void remove_block(Graph& graph, const ResidualBlock& block);

}  // namespace pare
