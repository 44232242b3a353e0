// Which channels go: how many of each group, and there the least important ones.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "compress/step.h"
#include "core/channels/channels.h"
#include "core/graph.h"

namespace pare {

// Per group: may it lose channels? One of the layers that make it has to be chosen, none excluded. Error(invalid) for a
// pattern that matches no layer.
std::vector<bool> chosen_groups(const Graph& graph, const Channels& channels, const LayerFilter& filter);

// A group as the choice sees it.
struct PrunableGroup {
  std::vector<float> scores;  // one per channel, larger is more important; empty: the group stays as it is
  double ratio = 0;           // share of `before` that is gone afterwards
  size_t before = 0;          // channels when the step began; 0: as many as there are scores
  size_t least = 1;           // that stay
  size_t unit = 1;            // what stays is a multiple of it, where that many are there
  std::string kind;           // groups of one kind are ranked together
};

// One flag per channel of each group: does it go? Of every kind, the channels with the lowest scores go until the
// shares that its groups ask for are gone in all; then what stays of each group moves to the nearest multiple of its
// unit (up, when two are as near). A larger ratio never keeps a channel that a smaller one removes.
std::vector<std::vector<bool>> choose_channels(std::span<const PrunableGroup> groups);
// The same as one flag per channel; where nothing of an axis would be left, something stays.
std::vector<bool> flags_of(const Channels& channels, const std::vector<std::vector<bool>>& removed);

// Numbers of channels of a group (`now` of them are left) that may stay: `least` or more, multiples of the unit, or all
// when none went so far.
bool may_stay(const PrunableGroup& group, size_t now, size_t count);

// What tells groups apart under scope isomorphic (Fang et al., 2024): which ops have them, and as what.
std::string kind_of(const Graph& graph, const Channels& channels, const ChannelGroup& group);
// How many indices of a layer's axis one channel is: 64 of a head of 64 elements, 1 of plain channels.
size_t width_of(const Channels& channels, const ChannelGroup& group);

}  // namespace pare
