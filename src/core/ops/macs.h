// Counting multiply-accumulates.
#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>
#include <span>

#include "core/graph.h"

namespace pare::ops {

// Product that sticks to the largest number; symbols count once.
inline int64_t count_elements(std::span<const Dim> dims, int64_t times = 1) {
  for (const Dim& dim : dims) {
    const std::optional<int64_t> product = checked_mul(times, dim.factor);
    if (!product) return std::numeric_limits<int64_t>::max();
    times = *product;
  }
  return times;
}
// The batch is dimension 0; a symbolic one that is a multiple (windows of each image) counts that often.
inline int64_t count_per_sample(std::span<const Dim> dims, int64_t times = 1) {
  return dims.empty() ? times : count_elements(dims.subspan(dims[0].known() ? 1 : 0), times);
}

// A convolution with the weight at input `w`: each output element is a dot product over one group's input channels and
// the kernel.
inline int64_t conv_macs(const Graph& graph, const Node& node, size_t w) {
  const std::optional<Dims>& weight = graph.value(node.inputs[w]).dims;
  const std::optional<Dims>& output = graph.value(node.outputs[0]).dims;
  return weight && output ? count_per_sample(*output, count_per_sample(*weight)) : 0;
}

// The product of inputs `left` and `right`: a dot product per output element. The batch is dimension 0 of the output,
// unless that comes from a constant or another dimension is symbolic: then that is the batch (steps come first in some
// sequences).
inline int64_t matmul_macs(const Graph& graph, const Node& node, size_t left, size_t right) {
  const Value &a = graph.value(node.inputs[left]), &b = graph.value(node.inputs[right]);
  const std::optional<Dims>& output = graph.value(node.outputs[0]).dims;
  if (!a.dims || a.dims->empty() || !b.dims || !output) return 0;
  const int64_t inner = count_elements({&a.dims->back(), 1});
  const bool symbolic = std::any_of(output->begin(), output->end(), [](const Dim& dim) { return !dim.known(); });
  const bool batched = !symbolic && (a.is_constant() ? b.dims->size() > 2 : a.dims->size() > 1);
  return batched ? count_per_sample(*output, inner) : count_elements(*output, inner);
}

}  // namespace pare::ops
