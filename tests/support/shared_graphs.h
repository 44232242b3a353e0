// The networks of the shared folder that come without weights, and inputs for them.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "core/onnx/onnx.h"
#include "core/random.h"
#include "tests/support/graphs.h"
#include "tests/support/random_weights.h"

namespace pare::testing {

inline std::vector<std::string> shared_graphs() {
  return {"convnext_tiny",
          "densenet121",
          "efficientnet_b0",
          "googlenet",
          "lraspp_mobilenet_v3_large",
          "mnasnet0_5",
          "mobilenet_v2",
          "mobilenet_v3_small",
          "regnet_y_400mf",
          "resnet50",
          "resnext50_32x4d",
          "shufflenet_v2_x0_5",
          "swin_t",
          "vgg16_bn",
          "vit_b_16"};
}

// Symbolic dimensions become `batch`.
inline std::vector<Tensor> draw_inputs(const Graph& graph, int64_t batch) {
  Random random({7});
  std::vector<Tensor> inputs;
  for (const ValueId id : graph.inputs) {
    Shape shape;
    for (const Dim& d : *graph.value(id).dims) shape.push_back(d.known() ? d.factor : batch);
    inputs.push_back(random_floats(shape, random));
  }
  return inputs;
}

// The files hold zeros for large weights.
inline std::string with_weights(const std::string& source, const std::string& name) {
  ImportOptions as_is;
  as_is.lift = false;
  Graph graph = parse_onnx(source, name, as_is);
  fill_weights(graph, 8);
  return serialize_onnx(graph);
}

inline std::string shared_graph(const std::string& shared, const std::string& name) {
  return with_weights(read_gz(std::filesystem::path(shared) / "models/graphs" / (name + ".onnx.gz")), name);
}

}  // namespace pare::testing
