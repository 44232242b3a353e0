#include "format/ops/rule.h"

namespace pare {

static Status give_list(InferContext& context, DType dtype, size_t size, std::optional<Dims> value = {}) {
  return rules::give(context, 0, dtype, Dims{Dim(static_cast<int64_t>(size))}, std::move(value));
}

// The value is one attribute; which one says its type.
Status infer_constant(InferContext& context) {
  const Attributes& given = context.attributes;
  if (const AttributeValue* value = given.find("value")) {
    const Tensor* tensor = std::get_if<Tensor>(value);
    if (tensor == nullptr) return rules::give(context, 0, DType::none, std::nullopt);  // a tensor of strings
    const TensorFacts facts = facts_of(*tensor);
    PARE_TRY(rules::give(context, 0, facts.dtype, facts.dims, facts.value));
    if (!context.outputs.empty()) context.outputs[0].reals = facts.reals;
    return {};
  }
  if (given.has("value_int"))
    return rules::give(context, 0, DType::i64, Dims{}, Dims{Dim(given.integer("value_int", 0))});
  if (given.has("value_float")) return rules::give(context, 0, DType::f32, Dims{});
  if (given.has("value_string")) return rules::give(context, 0, DType::none, Dims{});
  if (given.has("value_ints")) {
    const Shape list = given.integers("value_ints");
    std::optional<Dims> value;
    if (list.size() <= kMaxValueElements) value = to_dims(list);
    return give_list(context, DType::i64, list.size(), std::move(value));
  }
  if (const AttributeValue* list = given.find("value_floats")) {
    const auto* floats = std::get_if<std::vector<float>>(list);
    PARE_TRY(give_list(context, DType::f32, floats != nullptr ? floats->size() : 0));
    if (floats != nullptr && floats->size() <= kMaxValueElements && !context.outputs.empty())
      context.outputs[0].reals = *floats;
    return {};
  }
  if (const AttributeValue* list = given.find("value_strings")) {
    const auto* texts = std::get_if<std::vector<std::string>>(list);
    return give_list(context, DType::none, texts != nullptr ? texts->size() : 0);
  }
  if (given.has("sparse_value")) return rules::give(context, 0, DType::none, std::nullopt);
  return rules::invalid("a Constant without a value");
}

}  // namespace pare
