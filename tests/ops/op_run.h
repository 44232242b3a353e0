// Running one op through the engine: shapes are inferred and must be the ones that come out.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <string>
#include <vector>

#include "core/edit.h"
#include "core/error.h"
#include "core/infer.h"
#include "core/random.h"
#include "tests/support/graphs.h"
#include "tests/support/memory_dataset.h"
#include "tests/support/torch_engine.h"

namespace pare::testing {

using AttributeList = std::initializer_list<std::pair<std::string_view, AttributeValue>>;
inline const Tensor kAbsent;

// y... = op(inputs...): the first input is the graph's, the others are constants; an empty tensor is an absent input.
inline Graph one_op(OpKind op, const std::vector<Tensor>& inputs, AttributeList list = {}, size_t outputs = 1) {
  Graph graph;
  Node node;
  node.name = "op";
  node.op = op;
  node.type = onnx_name(op);
  node.attributes = attributes(list);
  for (size_t i = 0; i < inputs.size(); ++i) {
    if (inputs[i].empty())
      node.inputs.push_back(kNoValue);
    else if (i == 0)
      node.inputs.push_back(add_input(graph, "x", inputs[i].dtype(), to_dims(inputs[i].shape())));
    else
      node.inputs.push_back(add_constant(graph, "c" + std::to_string(i), inputs[i]));
  }
  for (size_t i = 0; i < outputs; ++i) node.outputs.push_back(add_value(graph, "y" + std::to_string(i), DType::none));
  graph.outputs = node.outputs;
  add_node(graph, std::move(node));
  infer_shapes(graph);
  return graph;
}

inline std::vector<Tensor> run_all(OpKind op, const std::vector<Tensor>& inputs, AttributeList list = {},
                                   size_t outputs = 1) {
  const Graph graph = one_op(op, inputs, list, outputs);
  std::vector<Tensor> given;
  if (!graph.inputs.empty()) given.push_back(inputs[0]);
  std::vector<Tensor> results = engine().run(graph, given);
  for (size_t i = 0; i < results.size(); ++i) {
    const Value& value = graph.value(graph.outputs[i]);
    EXPECT_EQ(results[i].dtype(), value.dtype);
    if (value.dims && known_shape(*value.dims)) {
      EXPECT_EQ(results[i].shape(), *known_shape(*value.dims)) << "the inferred shape";
    }
  }
  return results;
}
inline Tensor run_op(OpKind op, const std::vector<Tensor>& inputs, AttributeList list = {}) {
  return run_all(op, inputs, list)[0];
}

template <class T = float>
std::vector<T> elements(const Tensor& tensor) {
  EXPECT_EQ(tensor.dtype(), dtype_of<T>);
  const auto view = tensor.view<T>();
  return {view.begin(), view.end()};
}

// 0, 1, 2, ... in that shape.
inline Tensor ramp(Shape shape, float first = 0, float step = 1) {
  Tensor t(DType::f32, std::move(shape));
  float v = first;
  for (float& e : t.edit<float>()) e = v, v += step;
  return t;
}
inline Tensor noise(Shape shape, uint64_t seed = 1, double low = -1, double high = 1) {
  Random random(seed);
  return random_floats(std::move(shape), random, low, high);
}

inline void expect_near(const Tensor& actual, const Tensor& expected, double tolerance = 1e-5) {
  ASSERT_EQ(actual.shape(), expected.shape());
  const auto a = actual.view<float>(), e = expected.view<float>();
  for (size_t i = 0; i < a.size(); ++i) {
    if (std::isinf(e[i])) {
      ASSERT_EQ(a[i], e[i]) << "element " << i;
    } else {
      ASSERT_NEAR(a[i], e[i], tolerance * (1 + std::fabs(e[i]))) << "element " << i;
    }
  }
}

// Compares the gradient that flows back through an op with finite differences: x -> Gemm with trainable weights ->
// Reshape to `shape` -> the op -> Flatten -> cross entropy. `low` and `high` bound what reaches the op.
void check_gradient(OpKind op, const Shape& shape, const std::vector<Tensor>& constants = {}, AttributeList list = {},
                    double low = -1, double high = 1);

}  // namespace pare::testing
