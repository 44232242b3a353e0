// What a network costs: parameters, multiply-accumulates, non-zeros, per layer and in all.
#pragma once

#include "core/graph.h"

namespace pare {

struct LayerCost {
  std::string name;              // layer (node) name
  std::vector<ValueId> tensors;  // constants it reads: weight and bias first (that of a MatMul lies in the Add behind)
  std::string op;                // ONNX op type
  Shape shape;                   // of the weight
  int64_t parameters = 0;        // elements of learned constants (batch norm: scale, shift, not the running statistics)
  int64_t nonzeros = 0;          // of these, not exactly 0
  int64_t macs = 0;              // one sample
  double bits = 32;              // bits per weight of the grid; 32 when there is none
};
struct NetworkCost {
  std::vector<LayerCost> layers;  // every node that has parameters or macs
  int64_t parameters = 0, nonzeros = 0, macs = 0;
};
NetworkCost cost(const Graph& graph);
// The same from dimensions alone, without a look at contents, so that graphs whose sizes were only tried out have a
// cost (core/channels: shrink_dims). Non-zeros are not counted.
NetworkCost cost_of_dims(const Graph& graph);
// Layers with open sizes besides the batch (images of any size; whatever lies behind an op without a rule). Each such
// size counts as 1 in their multiply-adds.
std::vector<std::string> layers_of_open_size(const Graph& graph);

}  // namespace pare
