#include "format/ops/rule.h"

namespace pare {

// A tensor of the given shape filled with the one element of `value` (default: 0 in f32).
Status infer_constant_of_shape(InferContext& context) {
  PARE_TRY(rules::need_inputs(context, 1));
  PARE_TRY(rules::need_type(context, 0, rules::is_index));
  DType dtype = DType::f32;
  std::optional<Dims> fill;
  if (const AttributeValue* given = context.attributes.find("value")) {
    const Tensor* tensor = std::get_if<Tensor>(given);
    if (tensor == nullptr || tensor->size() != 1) return rules::invalid("value must be a tensor of one element");
    dtype = tensor->dtype();
    fill = small_value(*tensor);
  }
  const std::optional<Dims>& shape = context.in(0).value;
  if (!shape) {
    const std::optional<int64_t> rank = rules::list_length(context, 0);
    if (!rank || *rank > static_cast<int64_t>(rules::kMaxRank)) return rules::give(context, 0, dtype, std::nullopt);
    Dims dims;
    for (int64_t i = 0; i < *rank; ++i) dims.emplace_back(1, context.symbols.fresh());
    return rules::give(context, 0, dtype, std::move(dims));
  }
  std::optional<Dims> value;
  const std::optional<Shape> known = known_shape(*shape);
  if (fill && known && known->size() == 1 && known->front() >= 0 &&
      known->front() <= static_cast<int64_t>(kMaxValueElements))
    value = Dims(static_cast<size_t>(known->front()), fill->front());
  return rules::give(context, 0, dtype, *shape, std::move(value));
}

}  // namespace pare
