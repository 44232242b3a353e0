// The tie rule of ops that compute each element of the output from the elements at its place.
#pragma once

#include "core/ops/ties_axes.h"

namespace pare::ops {

inline void tie_elementwise(ChannelTies& ties, const Node& node) {
  if (pin_where_unknown(ties, node)) return;
  const ValueId out = node.outputs[0];
  if (out == kNoValue) return pin_everything(ties, node);
  for (const ValueId v : node.inputs) {
    if (v == kNoValue) continue;
    if (ties.rank(v) <= ties.rank(out))
      tie_broadcast(ties, v, out);
    else
      ties.pin(v);  // one element, written with axes
  }
  for (const ValueId v : node.outputs) {
    if (v != kNoValue && v != out) tie_axes(ties, out, v);
  }
}

}  // namespace pare::ops
