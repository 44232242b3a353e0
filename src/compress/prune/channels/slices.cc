#include "compress/prune/channels/slices.h"

#include <unordered_map>

#include "compress/prune/channels/criterion.h"
#include "core/error.h"

namespace pare {

AxisChannels::AxisChannels(const Graph& graph, const Channels& channels, const ChannelGroup& group, ValueId value,
                           size_t axis) {
  std::unordered_map<ChannelId, uint32_t> place;
  for (size_t c = 0; c < group.channels.size(); ++c) place.emplace(group.channels[c], static_cast<uint32_t>(c));
  const auto& dims = graph.value(value).dims;
  const size_t count = dims && axis < dims->size() ? static_cast<size_t>((*dims)[axis].factor) : 1;
  first_.push_back(0);
  for (size_t i = 0; i < count; ++i) {
    for (const ChannelId channel : channels.at(value, axis, i)) {
      const auto found = place.find(channel);
      if (found != place.end()) owners_.push_back(found->second);
    }
    first_.push_back(static_cast<uint32_t>(owners_.size()));
  }
}

std::optional<uint32_t> axis_of(const Graph& graph, const Channels& channels, const ChannelGroup& group,
                                ValueId value) {
  const auto& dims = graph.value(value).dims;
  for (uint32_t axis = 0; dims && axis < dims->size(); ++axis)
    if (AxisChannels(graph, channels, group, value, axis).any()) return axis;
  return {};
}

void sum_slices(const ChannelContext& context, const ChannelGroup& group, const ChannelMember& member,
                const std::function<double(size_t element)>& f, std::span<float> scores) {
  const Value& value = context.graph.value(member.value);
  ensure(value.constant.has_value(), "'{}' has no elements to sum", value.name);
  const AxisChannels owners(context.graph, context.channels, group, member.value, member.axis);
  std::vector<double> sums(scores.size());
  for_slices(value.constant->shape(), member.axis, owners,
             [&](size_t element, uint32_t channel) { sums[channel] += f(element); });
  for (size_t c = 0; c < scores.size(); ++c) scores[c] += static_cast<float>(sums[c]);
}

}  // namespace pare
