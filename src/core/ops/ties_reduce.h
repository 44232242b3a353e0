// Reductions along axes.
#pragma once

#include <algorithm>

#include "core/ops/ties_moved.h"

namespace pare::ops {

enum class Reduction {
  sum,   // of what zeros add nothing to: nothing is asked of the axis
  mean,  // over what stays
  other,
};

// `axes`: those that are reduced, none for all of them. Kept as dimensions of 1, they stay.
inline void tie_reduced(ChannelTies& ties, const Node& node, const Shape& axes, Reduction reduction) {
  const ValueId x = node.inputs[0], y = node.outputs[0];
  const auto rank = static_cast<int64_t>(ties.rank(x));
  const bool keep = node.attributes.integer("keepdims", 1) != 0;
  size_t to = 0;
  for (int64_t axis = 0; axis < rank; ++axis) {
    const bool reduced = axes.empty() || std::any_of(axes.begin(), axes.end(),
                                                     [&](int64_t a) { return (a < 0 ? a + rank : a) == axis; });
    if (!reduced) {
      tie_same(ties, x, static_cast<size_t>(axis), y, to++);
      continue;
    }
    if (keep) ties.pin_axis(y, static_cast<int64_t>(to++));
    if (reduction == Reduction::mean) ties.averaged(ties.axis(x, axis));
    if (reduction == Reduction::other) ties.pin_axis(x, axis);
  }
}

template <Reduction reduction>
void tie_reduce(ChannelTies& ties, const Node& node) {
  if (pin_where_unknown(ties, node)) return;
  std::optional<Shape> axes = node.attributes.integers("axes");
  if (ties.graph().has_input(node, 1)) {
    axes = known_list(ties.graph(), node, 1);
    ties.pin(node.inputs[1]);
  }
  if (!axes) return pin_everything(ties, node);
  if (axes->empty() && node.attributes.integer("noop_with_empty_axes", 0) != 0)
    return tie_axes(ties, node.inputs[0], node.outputs[0]);
  tie_reduced(ties, node, *axes, reduction);
}

// ArgMax, ArgMin.
inline void tie_arg(ChannelTies& ties, const Node& node) {
  if (!pin_where_unknown(ties, node)) tie_reduced(ties, node, {node.attributes.integer("axis", 0)}, Reduction::other);
}

}  // namespace pare::ops
