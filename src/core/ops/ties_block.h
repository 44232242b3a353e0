// DepthToSpace, SpaceToDepth: channels that count up the places of a block of the image.
#pragma once

#include "core/channels/ties.h"
#include "core/ops/ties_axes.h"

namespace pare::ops {

// The places of a block among the channels of `deep`, pinned. Empty where these are not known, or no multiple of them.
inline IndexRange places_of_block(ChannelTies& ties, const Node& node, ValueId deep) {
  const int64_t side = node.attributes.integer("blocksize", 1);
  const std::optional<int64_t> places = side < 1 ? std::nullopt : checked_mul(side, side);
  const IndexRange channels = ties.axis(deep, 1);
  const bool known = ties.rank(deep) > 1 && (*ties.graph().value(deep).dims)[1].known();
  if (!places || !known || channels.empty() || channels.count % *places != 0) return {};
  const IndexRange range = ties.fresh(static_cast<size_t>(*places));
  ties.pin(range);
  return range;
}

}  // namespace pare::ops
