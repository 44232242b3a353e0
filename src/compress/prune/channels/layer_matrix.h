// The weight of a layer as a matrix from inputs to outputs, with taps for the places of a kernel.
#pragma once

#include <cstddef>
#include <optional>

#include "core/graph.h"

namespace pare {

struct LayerMatrix {
  NodeId node = kNoNode;
  ValueId weight = kNoValue;
  ValueId input = kNoValue;  // the activation that meets the weight
  size_t outputs = 0, inputs = 0, taps = 1;
  size_t output_stride = 0, input_stride = 0;
  size_t element(size_t output, size_t input_index, size_t tap) const {
    return output * output_stride + input_index * input_stride + tap;
  }
};
// Of Conv (in groups: inputs are those of one), ConvTranspose without groups, Gemm and MatMul with a constant matrix on
// the right. Nothing of anything else.
std::optional<LayerMatrix> layer_matrix(const Graph& graph, NodeId node);

}  // namespace pare
