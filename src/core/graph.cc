#include "core/graph.h"

#include "core/error.h"
#include "core/params.h"

namespace pare {

ValueId Graph::find_value(std::string_view name) const {
  for (size_t i = 0; i < values.size(); ++i) {
    if (values[i].name == name) return static_cast<ValueId>(i);
  }
  return kNoValue;
}

int64_t Graph::opset() const {
  for (const OpsetImport& opset : origin.opsets) {
    if (opset.domain.empty() || opset.domain == "ai.onnx") return opset.version;
  }
  return 0;
}

const Tensor* Graph::constant_input(const Node& node, size_t i) const {
  if (!has_input(node, i)) return nullptr;
  const Value& input = value(node.inputs[i]);
  return input.constant ? &*input.constant : nullptr;
}

std::string Graph::label(const Node& node) const {
  if (!node.name.empty()) return fmt::format("{} '{}'", node.type, node.name);
  for (const ValueId output : node.outputs) {
    if (output != kNoValue) return fmt::format("{} with output '{}'", node.type, value(output).name);
  }
  return node.type;
}

int64_t fixed_batch(const Graph& graph) {
  for (const ValueId input : graph.inputs) {
    const auto& dims = graph.value(input).dims;
    if (dims && !dims->empty() && dims->front().known()) return dims->front().factor;
  }
  return 0;
}

}  // namespace pare
