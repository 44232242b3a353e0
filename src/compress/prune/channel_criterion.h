// What makes a channel worth keeping. A criterion scores the channels of one group in one place where they lie; a
// reduction puts the scores of all places together, a normalization makes groups comparable (channel_scores.h).
// One file per criterion, channel_criterion_<name>.cc, and a line in channel_criterion_list.def.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <span>
#include <string_view>
#include <vector>

#include "core/channels/channels.h"
#include "core/data/dataset.h"
#include "core/graph.h"
#include "core/progress.h"
#include "train/engine.h"

namespace pare {

// What the channels of a group are at one axis of one tensor.
enum class ChannelRole : uint8_t {
  makes,  // outputs of a layer's weight: filters, rows of a matrix
  bias,   // of such a layer
  reads,  // inputs of a layer's weight
  scale,  // of a norm
  shift,
  other,  // statistics of norms, slopes, tables
};
struct ChannelMember {
  ValueId value = kNoValue;
  uint32_t axis = 0;
  ChannelRole role = ChannelRole::other;
  NodeId node = kNoNode;  // the layer or norm
};

// What is known of the activation that a layer makes, where its last element-wise function (batch norm, ReLU, ...)
// leaves it: what the readers see.
struct ActivationPlace {
  ValueId value = kNoValue;
  uint32_t axis = 0;
};

// Everything a criterion may look at. Evidence is there when the criterion's needs say so.
struct ChannelContext {
  const Graph& graph;
  const Channels& channels;
  const Evidence* evidence = nullptr;  // per constant: gradient, curvature
  uint64_t seed = 0;
  // For criteria with `data`: batches of inputs and targets, and the engine.
  Engine* engine = nullptr;
  const Dataset* data = nullptr;
  int64_t batches = 0;
  Progress* progress = nullptr;
};

struct ChannelCriterion {
  std::string_view name, summary;
  Needs needs;             // of constants
  bool data = false;       // runs the engine on calibration data
  bool per_group = false;  // scores whole groups at once (score_group), not members
  // Which members are looked at: makes, reads, scale...
  bool (*looks_at)(ChannelRole) = nullptr;
  // Not negative; larger is more important. `scores`: one per channel of the group, in order. `parameter` is the
  // step's `power` (Ln).
  void (*score)(const ChannelContext&, const ChannelGroup&, const ChannelMember&, double parameter,
                std::span<float> scores) = nullptr;
  // For per_group: fills scores of all groups, in order of channels.groups(), each channel of a group in order.
  void (*score_all)(const ChannelContext&, double parameter, std::vector<std::vector<float>>& scores) = nullptr;
};
std::span<const ChannelCriterion* const> channel_criterion_list();
const ChannelCriterion& find_channel_criterion(std::string_view name);  // Error(invalid) with the nearest name

// Members of a group, in the order of values and axes; each once.
std::vector<ChannelMember> members_of(const Graph& graph, const Channels& channels, const ChannelGroup& group);
// The activations of a group behind its layers; the axis its channels lie on.
std::vector<ActivationPlace> activations_of(const Graph& graph, const Channels& channels, const ChannelGroup& group);
// Sums f(element) over the slice of each channel of the group, as `member` has it: scores[c] += f(i) for every element
// i of the constant with channel c.
void sum_slices(const ChannelContext& context, const ChannelGroup& group, const ChannelMember& member,
                const std::function<double(size_t element)>& f, std::span<float> scores);

}  // namespace pare
