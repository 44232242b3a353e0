// Softmax, LogSoftmax, Hardmax: a zero would take part in what is normalized, so that axis stays.
#pragma once

#include "core/ops/ties_complete.h"

namespace pare::ops {

inline void tie_softmax(ChannelTies& ties, const Node& node) {
  if (pin_where_incomplete(ties, node)) return;
  tie_axes(ties, node.inputs[0], node.outputs[0]);
  ties.pin_axis(node.inputs[0], node.attributes.integer("axis", -1));
}

}  // namespace pare::ops
