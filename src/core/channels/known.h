// What is known of the activations of a channel whatever the input of the network is: the numbers that follow from
// weights alone. For dead.cc.
#pragma once

#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <vector>

#include "core/channels/channels.h"
#include "core/graph.h"

namespace pare {

// Where channels of a group lie in a value.
struct GroupAxis {
  uint32_t axis, group;
};

class KnownChannels {
 public:
  static constexpr float kUnknown = std::numeric_limits<float>::quiet_NaN();

  KnownChannels(const Graph& graph, const Channels& channels);

  bool carries(ValueId value, uint32_t group) const;
  bool carries(ValueId value, uint32_t axis, uint32_t group) const;
  // Nodes with an input or output that has channels of the group, in order.
  const std::vector<NodeId>& nodes_of(uint32_t group) const { return nodes_[group]; }

  // Every element of the value with the group's channel number `index` is this number, or kUnknown. For values from
  // nodes_of() in that order; `states` of one group, filled by follow().
  using States = std::map<ValueId, std::vector<float>>;
  States follow(uint32_t group) const;
  // The element that all those of the constant with this channel on this axis are; kUnknown when they differ.
  float slice(ValueId constant, uint32_t axis, ChannelId channel) const;

 private:
  float output(const Node& node, uint32_t group, size_t index, const States& states) const;
  float layer_output(const Node& node, uint32_t group, size_t index, const States& states) const;
  float input(const Node& node, size_t input, uint32_t group, size_t index, const States& states) const;

  const Graph& graph_;
  const Channels& channels_;
  std::vector<std::vector<GroupAxis>> axes_;  // per value
  std::vector<std::vector<NodeId>> nodes_;    // per group
};

// The axis of a layer's weight that it contracts over, and the weight's place among the node's inputs; nothing for
// other nodes, and for depthwise convolutions, which contract over no channels.
struct Contraction {
  size_t input, weight;
  uint32_t axis;
};
std::optional<Contraction> contraction_of(const Graph& graph, const Node& node);

}  // namespace pare
