// Windows that slide over an image: convolutions and pools. Places of the image stay, images and channels may go.
//
// Channels of a grouped convolution count up groups and then the channels of each. A group goes on both sides; of the
// channels within, the same one goes from every group. In a depthwise convolution each channel is a group.
#pragma once

#include "core/channels/cut.h"
#include "core/ops/ties_complete.h"

namespace pare::ops {

// Axis 0 of the weight counts up groups and channels of each, which are those of `same`; axis 1 has the channels of
// each group of `other`.
inline void tie_weight(ChannelTies& ties, const Node& node, ValueId w, IndexRange same, IndexRange other) {
  const int64_t group = node.attributes.integer("group", 1);
  const IndexRange first = ties.axis(w, 0);
  if (group < 1 || first.empty() || first.count % group != 0) return pin_everything(ties, node);
  const IndexRange groups = ties.fresh(static_cast<size_t>(group)), each = ties.fresh(first.count / groups.count);
  tie_groups(ties, other, groups, ties.axis(w, 1));
  tie_groups(ties, first, groups, each);
  ties.tie(first, same);
}

// X [N, G K, places ...], W [G M, K, places ...], Y [N, G M, places ...].
inline void tie_convolution(ChannelTies& ties, const Node& node, ValueId x, ValueId w, ValueId y) {
  tie_weight(ties, node, w, ties.axis(y, 1), ties.axis(x, 1));
  ties.tie(ties.axis(x, 0), ties.axis(y, 0));
  for (const ValueId v : {x, w, y}) pin_axes_from(ties, v, 2);
}

inline void cut_convolution(ChannelCut& cut, NodeId id, size_t x, size_t w) {
  Node& node = cut.graph().node(id);
  if (node.attributes.integer("group", 1) == 1 || !cut.cuts(node.inputs[x])) return;
  node.attributes.set("group", cut.dim(node.inputs[x], 1).factor / cut.dim(node.inputs[w], 1).factor);
}

// MaxPool and its like, the global ones too: [N, C, places ...].
inline void tie_pool(ChannelTies& ties, const Node& node) {
  if (pin_where_incomplete(ties, node)) return;
  const ValueId x = node.inputs[0], y = node.outputs[0];
  for (const int64_t axis : {0, 1}) ties.tie(ties.axis(x, axis), ties.axis(y, axis));
  for (const ValueId v : {x, y}) pin_axes_from(ties, v, 2);
}

}  // namespace pare::ops
