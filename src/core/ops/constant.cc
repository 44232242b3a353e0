#include "core/ops/define.h"
#include "core/ops/rewrite.h"
#include "core/ops/ties_moved.h"

namespace pare {

static constexpr AttributeSpec constant_attributes[] = {
    {"value", AttributeType::tensor},        {"value_float", AttributeType::real},
    {"value_floats", AttributeType::reals},  {"value_int", AttributeType::integer},
    {"value_ints", AttributeType::integers}, {"value_string", AttributeType::text},
    {"value_strings", AttributeType::texts},
};

// The typed attributes came with opset 12; before, everything was a tensor.
static void lower_constant(Graph& graph, NodeId id, int64_t version) {
  if (version >= 12) return;
  Attributes& attributes = graph.node(id).attributes;
  const auto become = [&](std::string_view name, Tensor tensor) {
    attributes.erase(name);
    attributes.set("value", std::move(tensor));
  };
  if (attributes.has("value_int")) {
    become("value_int", Tensor::scalar(attributes.integer("value_int", 0)));
  } else if (attributes.has("value_float")) {
    become("value_float", Tensor::scalar(attributes.real("value_float", 0)));
  } else if (attributes.has("value_ints")) {
    const Shape list = attributes.integers("value_ints");
    become("value_ints", Tensor::of<int64_t>({static_cast<int64_t>(list.size())}, list));
  } else if (const AttributeValue* given = attributes.find("value_floats")) {
    const auto list = std::get<std::vector<float>>(*given);
    become("value_floats", Tensor::of<float>({static_cast<int64_t>(list.size())}, list));
  } else if (attributes.has("value_string") || attributes.has("value_strings")) {
    ops::unsupported(version, "has no attribute for constant strings");
  }
}

const OpDef op_constant = {.kind = OpKind::constant,
                           .name = "Constant",
                           .attributes = constant_attributes,
                           .min_inputs = 0,
                           .max_inputs = 0,
                           .max_outputs = 1,
                           .lower = lower_constant,
                           .tie = ops::pin_everything};

}  // namespace pare
