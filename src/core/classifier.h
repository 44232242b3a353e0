// The classifier of a network: the layer whose outputs are the scores of the classes. Found, and replaced by a fresh
// one for other classes; and the image size, changed where the network allows it.
#pragma once

#include <cstdint>
#include <string>

#include "core/graph.h"

namespace pare {

struct Classifier {
  NodeId node = kNoNode;
  std::string name;     // of the layer
  std::string type;     // Conv, Gemm or MatMul
  int64_t classes = 0;  // outputs of the layer
};
// Backwards from the first output through what only gives scores another form (Softmax, Reshape, pooling, activations,
// biases). `head` names the layer instead: its name, or a pattern that only it matches.
// Error(invalid) says what was looked at, and which layers there are.
Classifier find_classifier(const Graph& graph, const std::string& head = {});

// Fresh weights for `classes` classes, drawn from (seed, layer) within 1 / sqrt(fan-in), biases 0. Reshape targets,
// biases and norms behind the layer that have the old width get the new one; activation grids behind it go. Layers and
// tensors keep their names. Ids change. Error(invalid) when the network then does not give one score per class.
Classifier replace_classifier(Graph& graph, const std::string& head, int64_t classes, uint64_t seed);

// The image (N, C, H, W) that the network's one input takes gets this size. Error(invalid) names the node that does not
// go with it.
void resize_input(Graph& graph, int64_t height, int64_t width);

}  // namespace pare
