// For rules that read the first output.
#pragma once

#include "core/ops/ties_axes.h"

namespace pare::ops {

// As pin_where_unknown; a node may also have other outputs only.
inline bool pin_where_incomplete(ChannelTies& ties, const Node& node) {
  if (pin_where_unknown(ties, node)) return true;
  if (!node.outputs.empty() && node.outputs[0] != kNoValue) return false;
  pin_everything(ties, node);
  return true;
}

}  // namespace pare::ops
