// Making the rest of a layer's weights make up for input channels that go.
#pragma once

#include <vector>

#include "compress/prune/channels/criterion.h"

namespace pare {

// Refits the weights of every layer that reads removed channels (flags per channel) so that its outputs on calibration
// data stay as close as they can, by least squares: with H = X X^T (damped), kept inputs K and removed ones R,
// W_K += W_R H_RK H_KK^-1 and W_R = 0. Call it before remove_channels(); ids stay. `context.graph` is `graph`. Layers
// that cannot be refitted are left alone: grouped and transposed convolutions, recurrent layers, weights with a mask,
// on a grid or of several nodes, those with too many inputs. Returns the nodes that were refitted.
std::vector<NodeId> compensate(Graph& graph, const ChannelContext& context, const std::vector<bool>& removed);

}  // namespace pare
