// Small graphs for tests, built the way the zoo builds networks.
#pragma once

#include <string>
#include <vector>

#include "core/edit.h"
#include "core/graph.h"
#include "core/random.h"

namespace pare::testing {

inline Tensor floats(Shape shape, const std::vector<float>& values) {
  return Tensor::of<float>(std::move(shape), values);
}
inline Tensor integers(const std::vector<int64_t>& values) {
  return Tensor::of<int64_t>({static_cast<int64_t>(values.size())}, values);
}
inline Tensor random_floats(Shape shape, Random& random, double low = -1, double high = 1) {
  Tensor t(DType::f32, std::move(shape));
  for (float& v : t.edit<float>()) v = static_cast<float>(random.uniform(low, high));
  return t;
}

inline Attributes attributes(std::initializer_list<std::pair<std::string_view, AttributeValue>> items) {
  Attributes result;
  for (const auto& [name, value] : items) result.set(name, value);
  return result;
}

// Batch norm over `channels` with statistics that are not trivial.
inline ValueId append_norm(Graph& graph, const std::string& name, ValueId x, int64_t channels, Random& random) {
  const ValueId scale = add_constant(graph, name + ".scale", random_floats({channels}, random, 0.5, 1.5));
  const ValueId shift = add_constant(graph, name + ".shift", random_floats({channels}, random));
  const ValueId mean = add_constant(graph, name + ".mean", random_floats({channels}, random));
  const ValueId var = add_constant(graph, name + ".var", random_floats({channels}, random, 0.5, 2));
  return append(graph, OpKind::batch_normalization, name, {x, scale, shift, mean, var});
}

// x [N,1,8,8] -> conv1 (3x3, 4 channels) -> relu -> flatten -> fc1 (Gemm, 10) -> graph output "y".
inline Graph small_network(uint64_t seed = 1) {
  Random random(seed);
  Graph g;
  g.symbols[1] = "N";
  g.next_symbol = 2;
  const ValueId x = add_input(g, "x", DType::f32, {Dim(1, 1), 1, 8, 8});
  const ValueId w1 = add_constant(g, "conv1.weight", random_floats({4, 1, 3, 3}, random));
  const ValueId b1 = add_constant(g, "conv1.bias", random_floats({4}, random));
  const ValueId c = append(g, OpKind::conv, "conv1", {x, w1, b1});
  const ValueId r = append(g, OpKind::relu, "relu1", {c});
  const ValueId f = append(g, OpKind::flatten, "flatten", {r});
  const ValueId w2 = add_constant(g, "fc1.weight", random_floats({10, 144}, random));
  const ValueId b2 = add_constant(g, "fc1.bias", random_floats({10}, random));
  const ValueId y = append(g, OpKind::gemm, "fc1", {f, w2, b2}, attributes({{"transB", int64_t{1}}}));
  g.value(y).name = "y";
  g.outputs = {y};
  return g;
}

inline NodeId find_node(const Graph& graph, std::string_view name) {
  for (size_t i = 0; i < graph.nodes.size(); ++i) {
    if (!graph.nodes[i].dead && graph.nodes[i].name == name) return static_cast<NodeId>(i);
  }
  return kNoNode;
}
inline int count_ops(const Graph& graph, OpKind op) {
  int count = 0;
  for (const Node& node : graph.nodes) count += !node.dead && node.op == op;
  return count;
}

// Decides 3-bit levels for a constant and keeps its links: what a quantizer leaves behind.
inline void put_on_grid(Value& value) {
  Grid grid;
  grid.bits = 3;
  grid.scale = {0.25F};
  Tensor levels(DType::i32, value.constant->shape());
  auto out = levels.edit<int32_t>();
  for (size_t i = 0; i < out.size(); ++i) out[i] = static_cast<int32_t>(i % 8) - 4;
  value.constant = *dequantize(grid, levels, value.constant->shape());
  value.encoding.grid = grid;
  value.encoding.levels = levels;
}

}  // namespace pare::testing
