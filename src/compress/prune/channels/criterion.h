// What makes a channel worth keeping. A criterion scores the channels of one group at one axis of one tensor, or all
// channels of the network at once; a reduction then puts the scores of all places of a group together, and a
// normalization makes groups comparable. One file per criterion, with a line in criterion_list.def.
// docs/channel-criteria.md has the formulas.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string_view>
#include <vector>

#include "core/channels/channels.h"
#include "core/data/dataset.h"
#include "core/graph.h"
#include "core/progress.h"
#include "train/engine.h"

namespace pare {

// What the channels of a group are at one axis of one constant.
enum class ChannelRole : uint8_t {
  makes,  // outputs of a layer's weight: filters, rows of a matrix, gates of a recurrent layer
  bias,   // of such a layer
  reads,  // inputs of a layer's weight
  scale,  // of a norm, or of a layer scale
  shift,
  other,  // statistics of norms, slopes, tables
};
struct ChannelMember {
  ValueId value = kNoValue;
  uint32_t axis = 0;
  ChannelRole role = ChannelRole::other;
  NodeId node = kNoNode;  // the layer or norm; of a constant that several use, the first
  friend bool operator==(const ChannelMember&, const ChannelMember&) = default;
};

// An activation of a group, and the axis that its channels lie on.
struct ActivationPlace {
  ValueId value = kNoValue;
  uint32_t axis = 0;
  friend bool operator==(const ActivationPlace&, const ActivationPlace&) = default;
};

// Everything a criterion may look at.
struct ChannelContext {
  const Graph& graph;
  const Channels& channels;
  const Evidence* evidence = nullptr;  // what Engine::measure gives on `graph` for ChannelCriterion::needs
  uint64_t seed = 0;
  // For criteria with `data`.
  Engine* engine = nullptr;
  DatasetPtr data;
  int64_t batches = 0;  // at most
  Progress* progress = nullptr;
  Progress& reports() const { return progress ? *progress : Progress::quiet(); }
};

// Larger scores are more important. They are finite and not negative.
struct ChannelCriterion {
  std::string_view name, summary;
  Needs needs = {};   // of `evidence`
  bool data = false;  // runs the engine on calibration data
  // What makes the scores of different groups comparable (normalize_scores): "none" where they are so by themselves.
  std::string_view normalization = "mean";
  // Either scores members. looks_at says which it can; where it can look at what makes a channel, it does so by itself,
  // and at the others when it is told to. One score per channel of the group, in order. `parameter` is the exponent
  // of `ln`.
  bool (*looks_at)(ChannelRole) = nullptr;
  void (*score)(const ChannelContext&, const ChannelGroup&, const ChannelMember&, double parameter,
                std::span<float> scores) = nullptr;
  // Or scores whole groups, so that there is nothing to reduce: per group of channels.groups(), one score per channel.
  // A group that has nothing to look at gets an empty list; it is to keep its channels, as is one without a member to
  // look at.
  std::vector<std::vector<float>> (*score_all)(const ChannelContext&) = nullptr;
};
std::span<const ChannelCriterion* const> channel_criterion_list();
const ChannelCriterion& find_channel_criterion(std::string_view name);  // Error(invalid) with the nearest name

// Where a group's channels lie in float constants, in the order of values and axes; each (value, axis) once.
std::vector<ChannelMember> members_of(const Graph& graph, const Channels& channels, const ChannelGroup& group);
// The activations of a group as its readers see them: behind each layer that makes it, where the last element-wise
// function (batch norm, ReLU, SiLU, a residual sum) leaves it. In the order of nodes; each value once. Where it has
// no such layer (a recurrent layer's state that nothing outputs), there may be none.
std::vector<ActivationPlace> activations_of(const Graph& graph, const Channels& channels, const ChannelGroup& group);
// scores[c] += f(i) for every element i of the member's constant that goes with channel c of the group.
void sum_slices(const ChannelContext& context, const ChannelGroup& group, const ChannelMember& member,
                const std::function<double(size_t element)>& f, std::span<float> scores);

}  // namespace pare
