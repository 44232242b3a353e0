#include "compress/latency.h"

#include <algorithm>
#include <chrono>
#include <vector>

#include "core/error.h"
#include "core/random.h"

namespace pare {
namespace {

std::vector<Tensor> made_up_inputs(const Graph& graph) {
  std::vector<Tensor> inputs;
  Random random(1);
  for (const ValueId id : graph.inputs) {
    const Value& value = graph.value(id);
    ensure(value.dims.has_value(), "input '{}' has no shape, so that no latency can be measured", value.name);
    Shape shape;
    for (const Dim& dim : *value.dims) shape.push_back(dim.factor);
    Tensor& input = inputs.emplace_back(value.dtype, shape);
    if (value.dtype != DType::f32) continue;
    for (float& element : input.edit<float>()) element = static_cast<float>(random.normal());
  }
  return inputs;
}

}  // namespace

double latency(Engine& engine, const Graph& graph, int runs) {
  constexpr int kWarmUp = 2;
  const std::vector<Tensor> inputs = made_up_inputs(graph);
  std::vector<double> seconds;
  for (int i = 0; i < runs + kWarmUp; ++i) {
    const auto start = std::chrono::steady_clock::now();
    engine.run(graph, inputs);
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
    if (i >= kWarmUp) seconds.push_back(took.count());
  }
  const auto middle = seconds.begin() + static_cast<ptrdiff_t>(seconds.size() / 2);
  std::nth_element(seconds.begin(), middle, seconds.end());
  return *middle;
}

}  // namespace pare
