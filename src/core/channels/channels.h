// Channels: slices of tensors that can be removed from a network together, so that what is left is a smaller network of
// the same kind. docs/channels.md has the rules and the terms.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/graph.h"

namespace pare {

using ChannelId = uint32_t;

// One slice of a constant: index `index` of its axis `axis`.
struct ChannelPlace {
  ValueId value;
  uint32_t axis, index;
  friend bool operator==(const ChannelPlace&, const ChannelPlace&) = default;
};

// Where a channel is one part of a combined index: attention heads times their elements, the groups of a convolution
// times the channels of each. Whole: the slower part (a head, a group); within: the faster (one element of every head).
enum class ChannelPart : uint8_t { plain, whole, within };

// Channels of the same kind: they lie in the same axes of the same tensors.
struct ChannelGroup {
  std::string name;                  // of the first layer that makes them, with a suffix where it makes several kinds
  std::vector<ChannelId> channels;   // in the order of their first places
  std::vector<std::string> made_by;  // layers whose outputs they are
  std::vector<std::string> read_by;  // layers that contract over them
  ChannelPart part = ChannelPart::plain;
  bool averaged = false;  // a mean is taken over them (layer norm): without one, it is a mean over the others
};

// A node of which nothing is known, so that channels stay, and how many of the layers' outputs do for its sake.
struct HeldBack {
  std::string node, reason;
  int64_t channels = 0;
};

struct ChannelOptions {
  bool averaged = true;  // may channels go that a mean is taken over? Outputs then equal those of means over the rest
  // Of combined indices: which part may go.
  bool whole = true, within = false;
};

class Channels {
 public:
  // Every channel of the graph that can be removed. Shapes must have been inferred. The ids are those of `graph` as it
  // is: any change to it makes them void.
  static Channels find(const Graph& graph, const ChannelOptions& options = {});

  size_t size() const { return first_place_.empty() ? 0 : first_place_.size() - 1; }
  std::span<const ChannelGroup> groups() const { return groups_; }
  std::span<const HeldBack> held_back() const { return held_back_; }
  uint32_t group_of(ChannelId channel) const { return group_of_[channel]; }
  // Its slices of constants, in the order of values and axes.
  std::span<const ChannelPlace> places(ChannelId channel) const {
    return {places_.data() + first_place_[channel], places_.data() + first_place_[channel + 1]};
  }
  // Can anything of the axis go?
  bool has(ValueId value, size_t axis) const;
  // The channels that index `index` of an axis goes with: none (it stays), one, or one for each part.
  std::span<const ChannelId> at(ValueId value, size_t axis, size_t index) const;
  // What stays of the axis once `removed` (one flag per channel) are gone; nothing where all of it does.
  std::optional<std::vector<int32_t>> kept(ValueId value, size_t axis, const std::vector<bool>& removed) const;
  // Takes channels back from `removed` until something is left of every axis. Something of every group is not always
  // enough: an axis may hold few of a group's channels (a padded axis has others).
  void spare_axes(std::vector<bool>& removed) const;

 private:
  friend class ChannelFinder;
  std::vector<ChannelGroup> groups_;
  std::vector<HeldBack> held_back_;
  std::vector<uint32_t> group_of_, first_place_;
  std::vector<ChannelPlace> places_;
  struct Axis {
    uint32_t first = 0, count = 0;  // in index_channels_, of one index each; count 0: nothing of it can go
  };
  std::vector<std::vector<Axis>> axes_;            // per value
  std::vector<std::pair<uint32_t, uint32_t>> at_;  // per index: first and one past the last in at_channels_
  std::vector<ChannelId> at_channels_;
};

// Makes channels visible that the way the graph is written hides: sizes that are computed but known become constants,
// and what shuffles channels (Reshape, Transpose, Reshape) becomes a Gather of them. Outputs stay the same.
void expose_channels(Graph& graph);

// Removes channels: constants lose their slices (values, levels, masks, scales of grids), attributes and shapes follow.
// Outputs equal those of the graph in which these channels are masked with zeros; where a mean is taken over channels,
// it is over those that stay. Every axis keeps at least one index (Error(invalid) otherwise, and the graph is as it
// was). Shapes are inferred anew; ids change.
void remove_channels(Graph& graph, const Channels& channels, const std::vector<bool>& removed);
// The same for sizes alone: costs, not contents. Constants keep their old tensors, so that only cost rules that read
// dims may look at the result.
void shrink_dims(Graph& graph, const Channels& channels, const std::vector<bool>& removed);

}  // namespace pare
