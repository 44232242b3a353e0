#include <fmt/ranges.h>

#include "core/error.h"
#include "core/graph.h"

namespace pare {
namespace {

std::string text_of(const Graph& graph, const Dim& dim) {
  if (dim.known()) return fmt::to_string(dim.factor);
  const auto it = graph.symbols.find(dim.symbol);
  const std::string symbol = it == graph.symbols.end() ? fmt::format("?{}", dim.symbol) : it->second;
  return dim.factor == 1 ? symbol : fmt::format("{}*{}", dim.factor, symbol);
}

std::string type_of(const Graph& graph, const Value& value) {
  if (!value.dims) return fmt::format("{}[..]", name_of(value.dtype));
  std::vector<std::string> dims;
  for (const Dim& dim : *value.dims) dims.push_back(text_of(graph, dim));
  return fmt::format("{}[{}]", name_of(value.dtype), fmt::join(dims, ","));
}

std::string text_of(const Grid& grid) {
  constexpr std::string_view kinds[] = {"affine", "codebook", "power of two"};
  return fmt::format("{}-bit {}", grid.bits, kinds[static_cast<size_t>(grid.kind)]);
}

std::string decisions_of(const Value& value) {
  std::string text;
  if (value.encoding.grid) text += ", " + text_of(*value.encoding.grid);
  if (value.encoding.mask)
    text += fmt::format(", {} of {} kept", value.encoding.mask->kept(), value.encoding.mask->size());
  if (value.activation_grid) text += ", " + text_of(*value.activation_grid) + " activation";
  return text;
}

struct AttributeText {
  std::string operator()(int64_t v) const { return fmt::to_string(v); }
  std::string operator()(float v) const { return fmt::to_string(v); }
  std::string operator()(const std::string& v) const { return fmt::format("'{}'", v); }
  std::string operator()(const std::vector<std::string>& v) const {
    return fmt::format("['{}']", fmt::join(v, "', '"));
  }
  template <class T>
  std::string operator()(const std::vector<T>& v) const {
    return fmt::format("[{}]", fmt::join(v, ","));
  }
  std::string operator()(const Tensor& v) const {
    return fmt::format("{}[{}]", name_of(v.dtype()), fmt::join(v.shape(), ","));
  }
  std::string operator()(const OpaqueAttribute& v) const { return fmt::format("({} bytes)", v.proto.size()); }
};

std::string operand(const Graph& graph, ValueId id) {
  if (id == kNoValue) return "-";
  const Value& value = graph.value(id);
  if (!value.constant) return value.name;
  return fmt::format("{}: {}{}", value.name, type_of(graph, value), decisions_of(value));
}

}  // namespace

std::string to_text(const Graph& graph) {
  std::string text;
  for (const ValueId id : graph.inputs) {
    const Value& value = graph.value(id);
    text += fmt::format("input {}: {}{}\n", value.name, type_of(graph, value), decisions_of(value));
  }
  for (const Node& node : graph.nodes) {
    if (node.dead) continue;
    std::vector<std::string> outputs, inputs, attributes;
    for (const ValueId id : node.outputs) {
      if (id == kNoValue) {
        outputs.emplace_back("-");
        continue;
      }
      const Value& value = graph.value(id);
      outputs.push_back(fmt::format("{}: {}{}", value.name, type_of(graph, value), decisions_of(value)));
    }
    for (const ValueId id : node.inputs) inputs.push_back(operand(graph, id));
    for (const auto& [name, value] : node.attributes)
      attributes.push_back(fmt::format("{}={}", name, std::visit(AttributeText{}, value)));
    text += fmt::format("{} = {}({})", fmt::join(outputs, ", "), node.type, fmt::join(inputs, "; "));
    if (!attributes.empty()) text += fmt::format(" {{{}}}", fmt::join(attributes, ", "));
    if (!node.name.empty()) text += fmt::format(" # {}", node.name);
    text += '\n';
  }
  for (const ValueId id : graph.outputs)
    text += fmt::format("output {}: {}\n", graph.value(id).name, type_of(graph, graph.value(id)));
  return text;
}

}  // namespace pare
