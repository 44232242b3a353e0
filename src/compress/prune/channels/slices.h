// The slices of one tensor that belong to the channels of one group.
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "core/channels/channels.h"
#include "core/graph.h"

namespace pare {

// Which channels of a group each index of an axis goes with, as places in group.channels.
class AxisChannels {
 public:
  AxisChannels(const Graph& graph, const Channels& channels, const ChannelGroup& group, ValueId value, size_t axis);

  // Of an axis that is a multiple of a symbol, indices repeat with the multiple: the symbol is the slower part.
  std::span<const uint32_t> at(size_t index) const {
    const size_t i = index % (first_.size() - 1);
    return {owners_.data() + first_[i], owners_.data() + first_[i + 1]};
  }
  // Indices before they repeat.
  size_t size() const { return first_.size() - 1; }
  // Does any index go with a channel of the group?
  bool any() const { return !owners_.empty(); }

 private:
  std::vector<uint32_t> first_, owners_;
};

// The axis of a value that channels of the group lie on: the first of them, or nothing.
std::optional<uint32_t> axis_of(const Graph& graph, const Channels& channels, const ChannelGroup& group, ValueId value);

// Calls visit(element, channel) for every element of a tensor of this shape and every channel of the group that it goes
// with, in the order of elements.
template <class Visit>
void for_slices(const Shape& shape, size_t axis, const AxisChannels& owners, Visit&& visit) {
  size_t inner = 1, outer = 1;
  for (size_t d = 0; d < shape.size(); ++d) (d < axis ? outer : inner) *= d == axis ? 1 : static_cast<size_t>(shape[d]);
  const auto count = static_cast<size_t>(shape[axis]);
  for (size_t o = 0, element = 0; o < outer; ++o) {
    for (size_t i = 0; i < count; ++i, element += inner) {
      for (const uint32_t channel : owners.at(i))
        for (size_t e = element; e < element + inner; ++e) visit(e, channel);
    }
  }
}

}  // namespace pare
