// What of a network could be smaller, without running it: costs of layers, groups of channels, channels that do nothing
// or the same as others, weights that say less than their size.
#pragma once

#include <vector>

#include <nlohmann/json.hpp>

#include "core/channels/channels.h"
#include "core/graph.h"
#include "core/progress.h"

namespace pare {

// One flag per channel: an earlier one of its group is made by the same numbers (to `tolerance`), so that both are the
// same wherever they are read.
std::vector<bool> duplicate_channels(const Graph& graph, const Channels& channels, double tolerance = 1e-6);

// {parameters, macs, bytes, packed, layers: [{name, op, shape, parameters, macs, bytes, rank, full_rank}],
//  groups: [{name, channels, made_by, read_by, dead, constant, duplicate, indices: {dead: [...], ...}}],
//  held_back: [{node, reason, channels}], warnings: [...]} (docs/analyze.md).
// `bytes` are those of the .pare file where packing takes seconds, else of the floats. `graph` is one that
// expose_channels() has seen.
nlohmann::ordered_json analyze_structure(const Graph& graph, const ChannelOptions& options = {},
                                         Progress& progress = Progress::quiet());

}  // namespace pare
