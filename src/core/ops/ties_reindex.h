// The tie rule of ops that keep the elements in their order and change dims alone.
#pragma once

#include "core/channels/cut.h"
#include "core/channels/ties.h"

namespace pare::ops {

// Dims of both in blocks of equal products. A block of one dim each is the same axis; in others, the digits that the
// dims have in common (heads and their elements; channels, rows and columns) are the parts, from the fastest on.
void tie_reindexed(ChannelTies& ties, ValueId from, ValueId to);

// Reshape, Flatten, Squeeze, Unsqueeze: input 0 against output 0; other inputs are lists and stay.
void tie_reindex(ChannelTies& ties, const Node& node);

}  // namespace pare::ops
