// Graphs of one op, and what lifting and lowering make of them, on one line:
// "Clip(x, 0, 6)" or "Flatten(x){axis=2} Softmax(flat){axis=-1}". Constants appear as their elements.
#pragma once

#include <gtest/gtest.h>

#include <initializer_list>
#include <string>
#include <utility>
#include <vector>

#include "core/edit.h"
#include "core/error.h"
#include "core/onnx/onnx.h"
#include "core/onnx/opset.h"
#include "core/op_def.h"

namespace pare::testing {

using Ints = std::vector<int64_t>;
using NamedAttributes = std::initializer_list<std::pair<const char*, AttributeValue>>;
inline const Dim kN(1, 1);

inline Tensor ints(const Ints& values) { return Tensor::of<int64_t>({static_cast<int64_t>(values.size())}, values); }
inline Tensor number(float value) { return Tensor::scalar(value); }

// y = op(x, constants...), x of the given dims (nothing: unknown), as a file of this opset says it.
class OneOp {
 public:
  OneOp(int64_t opset, OpKind op, std::optional<Dims> dims, NamedAttributes attributes = {},
        std::vector<Tensor> constants = {}, size_t outputs = 1, DType dtype = DType::f32) {
    graph.origin.opsets = {{"", opset}};
    graph.symbols[1] = "N";
    graph.next_symbol = 2;
    Node node;
    node.name = "op";
    node.op = op;
    node.type = onnx_name(op);
    if (op != OpKind::constant) {
      const ValueId x = add_value(graph, "x", dtype, std::move(dims));
      graph.inputs.push_back(x);
      node.inputs.push_back(x);
    }
    for (size_t i = 0; i < constants.size(); ++i) {
      const bool absent = constants[i].empty();
      node.inputs.push_back(absent ? kNoValue : add_constant(graph, "c" + std::to_string(i), std::move(constants[i])));
    }
    for (const auto& [name, value] : attributes) node.attributes.set(name, value);
    for (size_t i = 0; i < outputs; ++i) node.outputs.push_back(add_value(graph, "y" + std::to_string(i), DType::none));
    graph.outputs = {node.outputs[0]};
    add_node(graph, std::move(node));
    if (opset == 17) infer_shapes(graph);
  }

  std::string lifted() {
    lift(graph);
    return text();
  }
  std::string lowered(int64_t opset) {
    lower(graph, opset);
    compact(graph);
    verify(graph);
    return text();
  }
  // What a graph that was lowered says once it is read again.
  std::string there_and_back(int64_t opset) {
    lowered(opset);
    return lifted();
  }
  std::string text() const {
    std::string text;
    for (const Node& node : graph.nodes) {
      if (!node.dead) text += (text.empty() ? "" : " ") + text_of(node);
    }
    return text;
  }

  Graph graph;

 private:
  static std::string list_text(const Tensor& tensor) {
    const Tensor floats = cast(tensor, DType::f32);
    std::string text;
    for (const float element : floats.view<float>()) text += fmt::format("{}{}", text.empty() ? "" : " ", element);
    return tensor.rank() == 0 ? text : "[" + text + "]";
  }
  std::string text_of(const Node& node) const {
    std::string inputs, attributes;
    for (const ValueId id : node.inputs) {
      if (!inputs.empty()) inputs += ", ";
      inputs += id == kNoValue                  ? "-"
                : graph.value(id).is_constant() ? list_text(*graph.value(id).constant)
                                                : graph.value(id).name;
    }
    for (const auto& [name, value] : node.attributes) {
      attributes += (attributes.empty() ? "" : " ") + name + "=";
      if (const auto* n = std::get_if<int64_t>(&value)) attributes += std::to_string(*n);
      if (const auto* r = std::get_if<float>(&value)) attributes += fmt::format("{:.3g}", *r);
      if (const auto* s = std::get_if<std::string>(&value)) attributes += *s;
      if (const auto* list = std::get_if<Ints>(&value)) attributes += list_text(ints(*list));
      if (const auto* t = std::get_if<Tensor>(&value)) attributes += std::string(name_of(t->dtype())) + list_text(*t);
    }
    return node.type + "(" + inputs + ")" + (attributes.empty() ? "" : "{" + attributes + "}");
  }
};

// The code and text of the Error that `body` ends with, "" when it ends well.
template <class Body>
std::pair<Code, std::string> error_of(Body&& body) {
  try {
    body();
  } catch (const Error& e) {
    return {e.code(), e.what()};
  }
  return {Code::ok, ""};
}

}  // namespace pare::testing
