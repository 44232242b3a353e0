// What the tie rules of several ops share (OpDef::tie).
#pragma once

#include "core/channels/ties.h"

namespace pare::ops {

inline void pin_everything(ChannelTies& ties, const Node& node) {
  for (const std::vector<ValueId>* list : {&node.inputs, &node.outputs}) {
    for (const ValueId v : *list)
      if (v != kNoValue) ties.pin(v);
  }
}

// Where the rank of a value is not known, no rule can speak of its axes: pins all that is there. Did it?
inline bool pin_where_unknown(ChannelTies& ties, const Node& node) {
  for (const std::vector<ValueId>* list : {&node.inputs, &node.outputs}) {
    for (const ValueId v : *list) {
      if (v == kNoValue || ties.known(v)) continue;
      pin_everything(ties, node);
      return true;
    }
  }
  return false;
}

inline void pin_axes_from(ChannelTies& ties, ValueId v, size_t first) {
  for (size_t axis = first; axis < ties.rank(v); ++axis) ties.pin_axis(v, static_cast<int64_t>(axis));
}

// Values of the same shape, axis by axis.
inline void tie_axes(ChannelTies& ties, ValueId a, ValueId b) {
  for (size_t axis = 0; axis < ties.rank(a); ++axis)
    ties.tie(ties.axis(a, static_cast<int64_t>(axis)), ties.axis(b, static_cast<int64_t>(axis)));
}

// Axis `i` of `from`, which is stretched along axis `k` of `to` where it has size 1.
inline void tie_stretched(ChannelTies& ties, ValueId from, size_t i, ValueId to, size_t k) {
  const IndexRange a = ties.axis(from, static_cast<int64_t>(i)), b = ties.axis(to, static_cast<int64_t>(k));
  if (i >= ties.rank(from) || k >= ties.rank(to)) {
    ties.pin(a);
    return ties.pin(b);
  }
  const Dim size = (*ties.graph().value(from).dims)[i];
  if (size == (*ties.graph().value(to).dims)[k]) return ties.tie(a, b);
  ties.pin(a);
  if (size != Dim(1)) ties.pin(b);
}

// `from` broadcasts to `to`: axes from the last on.
inline void tie_broadcast(ChannelTies& ties, ValueId from, ValueId to) {
  const size_t rank = ties.rank(from);
  if (rank > ties.rank(to)) {
    ties.pin(from);
    return ties.pin(to);
  }
  const size_t ahead = ties.rank(to) - rank;
  for (size_t i = 0; i < rank; ++i) tie_stretched(ties, from, i, to, i + ahead);
}

// An input that may be absent, with one element for all or one per index: scales, zero points.
inline void tie_per_index(ChannelTies& ties, const Node& node, size_t input, IndexRange range) {
  if (!ties.graph().has_input(node, input)) return;
  const ValueId v = node.inputs[input];
  if (ties.rank(v) == 1 && ties.axis(v, 0).count == range.count)
    ties.tie(ties.axis(v, 0), range);
  else
    ties.pin(v);
}

// whole[i] is index i / n of `groups` and i % n of the n of `each`. A part of one index always stays.
inline void tie_groups(ChannelTies& ties, IndexRange whole, IndexRange groups, IndexRange each) {
  if (each.count == 1) {
    ties.pin(each);
    ties.tie(whole, groups);
  } else if (groups.count == 1) {
    ties.pin(groups);
    ties.tie(whole, each);
  } else {
    ties.tie_product(whole, {groups, each});
  }
}

}  // namespace pare::ops
