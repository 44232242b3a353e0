#include "core/ops/rewrite.h"

#include "core/edit.h"
#include "core/error.h"

namespace pare::ops {

std::string name_beside(const Graph& graph, const Node& node, std::string_view suffix) {
  const std::string& base = !node.name.empty() || node.outputs.empty() || node.outputs[0] == kNoValue
                                ? node.name
                                : graph.value(node.outputs[0]).name;
  return unique_name(graph, fmt::format("{}_{}", base.empty() ? node.type : base, suffix));
}

ValueId integers_constant(Graph& graph, NodeId node, std::string_view suffix, std::span<const int64_t> values) {
  return add_constant(graph, name_beside(graph, graph.node(node), suffix),
                      Tensor::of<int64_t>({static_cast<int64_t>(values.size())}, values));
}

ValueId real_constant(Graph& graph, NodeId node, std::string_view suffix, float value) {
  Tensor tensor = Tensor::scalar(value);
  const Node& n = graph.node(node);
  if (graph.has_input(n, 0)) {
    const DType type = graph.value(n.inputs[0]).dtype;
    if (is_float(type) && type != DType::f32) tensor = cast(tensor, type);
  }
  return add_constant(graph, name_beside(graph, n, suffix), std::move(tensor));
}

void integers_to_input(Graph& graph, NodeId node, std::string_view attribute, size_t index) {
  if (!graph.node(node).attributes.has(attribute)) return;
  const Shape values = graph.node(node).attributes.integers(attribute);
  set_input(graph, node, index, integers_constant(graph, node, attribute, values));
  graph.node(node).attributes.erase(attribute);
}

void real_to_input(Graph& graph, NodeId node, std::string_view attribute, size_t index) {
  if (!graph.node(node).attributes.has(attribute)) return;
  const float value = graph.node(node).attributes.real(attribute, 0);
  set_input(graph, node, index, real_constant(graph, node, attribute, value));
  graph.node(node).attributes.erase(attribute);
}

void integers_to_attribute(Graph& graph, NodeId node, size_t index, std::string_view attribute, int64_t version) {
  if (graph.has_input(graph.node(node), index))
    graph.node(node).attributes.set(attribute, constant_integers(graph, graph.node(node), index, version));
  keep_inputs(graph, node, index);
}

Shape constant_integers(const Graph& graph, const Node& node, size_t index, int64_t version) {
  const Tensor* constant = graph.constant_input(node, index);
  if (constant == nullptr || !is_integer(constant->dtype()))
    unsupported(version, fmt::format("needs a constant in place of '{}'", graph.value(node.inputs[index]).name));
  const Tensor wide = cast(*constant, DType::i64);
  const auto values = wide.view<int64_t>();
  return {values.begin(), values.end()};
}

std::optional<Shape> known_integers(const Graph& graph, const Node& node, size_t index) {
  const Tensor* constant = graph.constant_input(node, index);
  if (constant == nullptr || !is_integer(constant->dtype())) return std::nullopt;
  const Tensor wide = cast(*constant, DType::i64);
  const auto values = wide.view<int64_t>();
  return Shape(values.begin(), values.end());
}

std::optional<Shape> known_list(const Graph& graph, const Node& node, size_t index) {
  const Tensor* constant = graph.constant_input(node, index);
  return constant != nullptr && constant->rank() <= 1 ? known_integers(graph, node, index) : std::nullopt;
}

void keep_inputs(Graph& graph, NodeId node, size_t count) {
  for (size_t i = count; i < graph.node(node).inputs.size(); ++i) set_input(graph, node, i, kNoValue);
  if (graph.node(node).inputs.size() > count) graph.node(node).inputs.resize(count);
}

static Node new_node(OpKind op, std::string name, Attributes attributes) {
  Node node;
  node.name = std::move(name);
  node.op = op;
  node.type = onnx_name(op);
  node.attributes = std::move(attributes);
  return node;
}

ValueId insert_before(Graph& graph, NodeId& node, OpKind op, std::string_view suffix, std::vector<ValueId> inputs,
                      Attributes attributes) {
  Node before = new_node(op, name_beside(graph, graph.node(node), suffix), std::move(attributes));
  const ValueId output = add_value(graph, before.name, DType::none);
  before.inputs = std::move(inputs);
  before.outputs = {output};
  insert_node(graph, node++, std::move(before));
  return output;
}

void insert_after(Graph& graph, NodeId node, OpKind op, std::string_view suffix, std::vector<ValueId> more_inputs,
                  Attributes attributes) {
  Node after = new_node(op, name_beside(graph, graph.node(node), suffix), std::move(attributes));
  const ValueId result = graph.node(node).outputs[0];
  const ValueId between = add_value(graph, name_beside(graph, graph.node(node), "whole"), graph.value(result).dtype);
  graph.node(node).outputs[0] = between;
  after.inputs = {between};
  after.inputs.insert(after.inputs.end(), more_inputs.begin(), more_inputs.end());
  after.outputs = {result};
  insert_node(graph, node + 1, std::move(after));  // rebuilds all links
}

void unsupported(int64_t version, std::string_view what) { fail(Code::unsupported, "opset {} {}", version, what); }

void need_type(const Graph& graph, NodeId node, int64_t version, bool (*accepts)(DType)) {
  const Node& n = graph.node(node);
  const DType type = graph.has_input(n, 0) ? graph.value(n.inputs[0]).dtype : DType::none;
  if (type != DType::none && !accepts(type))
    unsupported(version, fmt::format("does not take elements of type {}", name_of(type)));
}

}  // namespace pare::ops
