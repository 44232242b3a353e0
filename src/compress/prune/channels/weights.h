// What criteria that look at weights have in common.
#pragma once

#include "compress/prune/channels/criterion.h"

namespace pare {

// Weights of layers, from either side.
inline bool looks_at_weights(ChannelRole role) { return role == ChannelRole::makes || role == ChannelRole::reads; }
inline std::span<const float> weight_of(const ChannelContext& context, const ChannelMember& member) {
  return context.graph.value(member.value).constant->view<float>();
}

}  // namespace pare
