// Weights for graphs that come without: large float constants that are all zero get seeded random values under which
// signals neither die nor explode, and variances stay positive. Benchmarks use it too.
#pragma once

#include <zlib.h>

#include <cmath>
#include <filesystem>
#include <string>

#include "core/graph.h"
#include "core/random.h"

namespace pare::testing {

inline std::string read_gz(const std::filesystem::path& path) {
  std::string bytes;
  gzFile file = gzopen(path.c_str(), "rb");
  char buffer[1 << 16];
  for (int n; (n = gzread(file, buffer, sizeof buffer)) > 0;) bytes.append(buffer, static_cast<size_t>(n));
  gzclose(file);
  return bytes;
}

// Which input of which op a constant is decides its range: variances and scales lie around 1, weights fall with the
// square root of what each output sums over.
inline void fill_weights(Graph& graph, uint64_t seed) {
  Random random({seed});
  for (Value& value : graph.values) {
    if (!value.constant || value.dtype != DType::f32 || value.constant->size() <= 64) continue;
    double low = -0.1, high = 0.1;
    const Shape& shape = value.constant->shape();
    if (shape.size() >= 2) {
      const bool conv = !value.users.empty() && graph.node(value.users[0]).type == "Conv";
      int64_t fan_in = shape[shape.size() - 2];
      if (conv) fan_in = value.constant->size() / shape[0];
      if (!value.users.empty() && graph.node(value.users[0]).attributes.integer("transB", 0) != 0) fan_in = shape[1];
      high = std::sqrt(3.0 / static_cast<double>(fan_in));
      low = -high;
    }
    for (const NodeId user : value.users) {
      const Node& node = graph.node(user);
      const bool norm = node.type == "BatchNormalization";
      const auto is = [&](size_t i) { return i < node.inputs.size() && &graph.value(node.inputs[i]) == &value; };
      if (norm && (is(1) || is(4))) low = 0.8, high = 1.2;
      if (node.type == "LayerNormalization" && is(1)) low = 0.8, high = 1.2;
    }
    for (float& w : value.constant->edit<float>()) w = static_cast<float>(random.uniform(low, high));
  }
}

}  // namespace pare::testing
