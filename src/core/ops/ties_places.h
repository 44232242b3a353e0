// GatherND, ScatterND: indices whose last axis says a place in the data.
#pragma once

#include "core/ops/ties_moved.h"

namespace pare::ops {

// data [batch, picked, rest], indices [batch, places, picked], moved [batch, places, rest]; returns how many axes of
// `moved` are batch or places. Nothing, and all stays, where the ranks do not add up.
inline std::optional<size_t> tie_places(ChannelTies& ties, const Node& node, ValueId moved, int64_t batch) {
  const ValueId data = node.inputs[0], indices = node.inputs[1];
  const size_t rank = ties.rank(data), places = ties.rank(indices) - 1;
  const auto fits = [&] {
    if (ties.rank(indices) == 0 || batch < 0 || static_cast<size_t>(batch) > std::min(places, rank)) return false;
    const Dim depth = (*ties.graph().value(indices).dims)[places];
    return depth.known() && depth.factor >= 1 &&
           static_cast<size_t>(depth.factor) <= rank - static_cast<size_t>(batch) &&
           ties.rank(moved) == places + rank - static_cast<size_t>(batch) - static_cast<size_t>(depth.factor);
  };
  if (!fits()) {
    pin_everything(ties, node);
    return std::nullopt;
  }
  const auto first = static_cast<size_t>(batch);
  const size_t rest = first + static_cast<size_t>((*ties.graph().value(indices).dims)[places].factor);
  for (size_t i = 0; i < first; ++i) tie_same(ties, data, i, moved, i);
  for (size_t i = first; i < rest; ++i) ties.pin_axis(data, static_cast<int64_t>(i));
  for (size_t i = rest; i < rank; ++i) tie_same(ties, data, i, moved, places + i - rest);
  for (size_t i = 0; i < places; ++i) tie_same(ties, indices, i, moved, i);
  ties.pin_axis(indices, -1);
  return places;
}

}  // namespace pare::ops
