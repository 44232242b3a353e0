// How sparse one magnitude threshold for a whole network makes each of its layers: where weights are small, channels
// can go (Ganesula et al., Deep Neural Network Compression: these shares are the ratios of a structured pruning).
#pragma once

#include <string>
#include <vector>

#include "core/channels/channels.h"
#include "core/graph.h"

namespace pare {

struct LayerSparsity {
  std::string name;
  ValueId weight = kNoValue;
  int64_t zeros = 0, elements = 0;
};
// Layers of `graph` with as many zeros as each would have if the smallest weights of all, `sparsity` of them, were
// zero. A weight that several layers share is one row. The graph does not change.
std::vector<LayerSparsity> sparsity_table(const Graph& graph, double sparsity);
// The share of zeros in the layers that make the group; 0 where no layer of the table does.
double sparsity_of(const std::vector<LayerSparsity>& table, const Graph& graph, const Channels& channels,
                   const ChannelGroup& group);

}  // namespace pare
