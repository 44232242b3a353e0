// Data on its way into a network: checks that the two fit, and batches as LibTorch tensors.
#pragma once

#include <vector>

#include "core/data/dataset.h"
#include "core/graph.h"
#include "train/logits.h"
#include "train/torch/aten.h"

namespace pare::engine {

// Error(invalid) "the network wants 1x28x28, the data gives 3x32x32".
void check_inputs(const Graph& graph, const SampleSpec& spec);
// Error(invalid) when a class is not one of the network's outputs. Class maps may hold kNoClass.
void check_classes(const at::Tensor& target, int64_t outputs);
// How many classes logits tell apart: (n, classes, ...) for class maps (n, ...), flattened for one class per sample.
int64_t class_count(const at::Tensor& logits, const at::Tensor& target);

struct DeviceBatch {
  std::vector<at::Tensor> inputs;
  at::Tensor target;
  int64_t size = 0;
};
DeviceBatch to_device(const Batch& batch, at::Device device);

}  // namespace pare::engine
