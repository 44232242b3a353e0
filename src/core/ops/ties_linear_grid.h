// QuantizeLinear, DequantizeLinear.
#pragma once

#include "core/ops/ties_moved.h"

namespace pare::ops {

// One scale and zero point for all elements, or one per index of the axis.
inline void tie_linear_grid(ChannelTies& ties, const Node& node) {
  if (pin_where_unknown(ties, node)) return;
  const ValueId x = node.inputs[0];
  tie_axes(ties, x, node.outputs[0]);
  for (size_t i = 1; i < node.inputs.size(); ++i) {
    if (node.inputs[i] == kNoValue) continue;
    const Dims& dims = *ties.graph().value(node.inputs[i]).dims;
    if (dims.size() == 1 && dims[0] != Dim(1))
      tie_same(ties, node.inputs[i], 0, x, axis_of(ties.graph(), node, x, 1));
    else
      ties.pin(node.inputs[i]);
  }
}

}  // namespace pare::ops
