// What criteria that look at weights have in common.
#pragma once

#include "compress/prune/channels/criterion.h"

namespace pare {

// Weights of layers, from either side.
inline bool looks_at_weights(ChannelRole role) { return role == ChannelRole::makes || role == ChannelRole::reads; }
// What training moves.
inline bool looks_at_learned(ChannelRole role) { return role != ChannelRole::other; }

inline std::span<const float> weight_of(const ChannelContext& context, const ChannelMember& member) {
  return context.graph.value(member.value).constant->view<float>();
}
// Sum of f(w) over the slice of each channel.
template <class F>
void sum_weights(const ChannelContext& context, const ChannelGroup& group, const ChannelMember& member, F f,
                 std::span<float> scores) {
  const std::span<const float> weight = weight_of(context, member);
  sum_slices(
      context, group, member, [&](size_t i) { return f(static_cast<double>(weight[i])); }, scores);
}

// What was measured of the member's constant. Error(invalid) where it is not learned.
std::span<const float> gradient_of(const ChannelContext& context, const ChannelMember& member);
std::span<const float> curvature_of(const ChannelContext& context, const ChannelMember& member);
// Sum of f(c) over the slice of each channel, c being what the loss changes to first order when the weight becomes 0:
// weight x gradient.
template <class F>
void sum_changes(const ChannelContext& context, const ChannelGroup& group, const ChannelMember& member, F f,
                 std::span<float> scores) {
  const std::span<const float> weight = weight_of(context, member), gradient = gradient_of(context, member);
  sum_slices(
      context, group, member,
      [&](size_t i) { return f(static_cast<double>(weight[i]) * static_cast<double>(gradient[i])); }, scores);
}

}  // namespace pare
