// What op rules say a node needs when channels went (OpDef::cut): attributes and inputs that hold sizes or places.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "core/channels/channels.h"
#include "core/graph.h"

namespace pare {

class ChannelCut {
 public:
  ChannelCut(Graph& graph, const Channels& channels, const std::vector<bool>& removed)
      : graph_(graph), channels_(channels), removed_(removed) {}

  // Dims and constants of values are still the old ones while rules run; attributes of the node may be rewritten.
  Graph& graph() { return graph_; }
  // Does the axis lose an index? Negative axes count from the end. Never where dims are unknown.
  bool cuts(ValueId value, int64_t axis) const;
  bool cuts(ValueId value) const;
  // Old indices that stay, rising (all of them where nothing goes).
  std::vector<int32_t> kept(ValueId value, int64_t axis) const;
  // How many of the old indices from `from` up to `to` stay.
  int64_t kept_between(ValueId value, int64_t axis, int64_t from, int64_t to) const;
  // The dimension, and all of them, afterwards.
  Dim dim(ValueId value, int64_t axis) const;
  Dims dims(ValueId value) const;
  // Node input `index` becomes a constant of its own with these elements (rank 1, or a scalar), i64 or, where it was,
  // i32.
  void set_integers(NodeId node, size_t index, std::span<const int64_t> values, bool scalar = false);
  // Node input `index`, a list of the dimensions of output 0, says what they are afterwards
  // (core/channels/shape_list.h). May insert nodes in front of the node, whose id moves up.
  void set_shape(NodeId node, size_t index);

 private:
  const std::optional<std::vector<int32_t>>& lookup(ValueId value, size_t axis) const;

  Graph& graph_;
  const Channels& channels_;
  const std::vector<bool>& removed_;
  // What stays of the axis that was asked for last: rules ask for one axis many times.
  mutable std::pair<ValueId, size_t> last_{kNoValue, 0};
  mutable std::optional<std::vector<int32_t>> last_kept_;
};

}  // namespace pare
