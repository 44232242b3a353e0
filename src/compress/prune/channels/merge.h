// Moving what channels gave that go to those that stay, without data.
#pragma once

#include <vector>

#include "core/channels/channels.h"
#include "core/graph.h"
#include "core/progress.h"

namespace pare {

// Neuron merging (Kim et al., 2020). A filter that points nearly where another does gives nearly a multiple of it, and
// through ReLU still does so: w x + b is s (w' x + b') + B with s = |w| / |w'|. Of each channel that goes (flags per
// channel), the readers' weights, times s, are added to those of the most similar channel that stays. A batch norm
// behind the layer is part of w and b. Channels are alike when the cosine of their filters is large and B small.
//
// Only groups that one layer makes, with nothing between it and the readers but a batch norm, ReLUs, pools and changes
// of shape; others lose their channels as they are. Readers with groups, with a mask, on a grid, or of several nodes
// stay too. Call it before remove_channels(); ids stay. Returns how many channels were merged.
size_t merge_channels(Graph& graph, const Channels& channels, const std::vector<bool>& removed,
                      Progress& progress = Progress::quiet());

}  // namespace pare
