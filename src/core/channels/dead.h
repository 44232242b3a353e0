// Channels that a network can lose without any change of its outputs.
#pragma once

#include <vector>

#include "core/channels/channels.h"
#include "core/graph.h"

namespace pare {

// One flag per channel: whatever reads it gets nothing from it, because it is zero (weights and bias that make it are,
// and what follows maps zero to zero) or because all weights that it meets are. Channels that a mean is taken over
// are never dead, since the mean is over those that stay.
std::vector<bool> dead_channels(const Graph& graph, const Channels& channels);

// One flag per channel: it is the same number for every input, not zero (a bias behind weights that are zero), and
// the layers that read it could have that in their biases. Padding of what reads it rules it out: the border has
// zeros.
std::vector<bool> constant_channels(const Graph& graph, const Channels& channels);
// Moves what the chosen constant channels give to the layers that read them into the biases of these (or the means of
// the batch norms behind them), so that the channels are dead. Ids stay valid.
void fold_constant_channels(Graph& graph, const Channels& channels, const std::vector<bool>& chosen);

}  // namespace pare
