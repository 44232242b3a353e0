// What the tie rules of ops that move elements share: axes with other numbers, or all but one.
#pragma once

#include "core/ops/rewrite.h"
#include "core/ops/ties_axes.h"

namespace pare::ops {

// The node's attribute `axis`, counted from the front of `value`.
inline size_t axis_of(const Graph& graph, const Node& node, ValueId value, int64_t otherwise) {
  const int64_t axis = node.attributes.integer("axis", otherwise);
  return static_cast<size_t>(axis < 0 ? axis + static_cast<int64_t>(graph.value(value).dims->size()) : axis);
}

// Axis `i` of `a` is axis `k` of `b`. Where their sizes are not known to be the same, both stay.
inline void tie_same(ChannelTies& ties, ValueId a, size_t i, ValueId b, size_t k) {
  const IndexRange p = ties.axis(a, static_cast<int64_t>(i)), q = ties.axis(b, static_cast<int64_t>(k));
  const bool there = i < ties.rank(a) && k < ties.rank(b);
  if (there && (*ties.graph().value(a).dims)[i] == (*ties.graph().value(b).dims)[k]) return ties.tie(p, q);
  ties.pin(p);
  ties.pin(q);
}

// All axes of two values of the same rank, but for one.
inline void tie_axes_but(ChannelTies& ties, ValueId a, ValueId b, size_t axis) {
  for (size_t i = 0; i < ties.rank(a); ++i) {
    if (i != axis) tie_same(ties, a, i, b, i);
  }
  pin_axes_from(ties, b, ties.rank(a));
}

}  // namespace pare::ops
