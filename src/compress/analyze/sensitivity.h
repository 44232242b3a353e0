// How accuracy falls when one part of a network alone is compressed, without training: where it is cheap to save.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "core/channels/channels.h"
#include "core/data/dataset.h"
#include "core/graph.h"
#include "core/progress.h"
#include "train/engine.h"

namespace pare {

struct SensitivityOptions {
  bool channels = true;  // of each group, by criterion l1
  bool weights = false;  // of each layer, by magnitude
  bool bits = false;  // of each layer's weights, 2 to 8, on levels evenly spaced between the smallest and the largest
  ChannelOptions parts;
};

// {uncut: {...}, channels: [{name, points: [{removed, top1, loss}]}], weights: [...], bits: [{name, points: [{bits,
// top1, loss}]}]}: 10 to 90 % removed in steps of 10 (at least one channel stays). Data whose targets are no classes
// have a loss only.
nlohmann::ordered_json sensitivity(const Graph& graph, Engine& engine, const Dataset& data,
                                   const SensitivityOptions& options, Progress& progress);

// The `share` of the elements that are smallest become zero; of equal ones, the first.
Tensor without_smallest(const Tensor& weight, double share);
// Levels evenly spaced between the smallest and the largest element (and zero): what `bits` of affine quantization
// would leave of a weight.
Tensor round_to_bits(const Tensor& weight, int64_t bits);

}  // namespace pare
