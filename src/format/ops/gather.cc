#include "format/ops/rule.h"

namespace pare {

// Output: data's shape with the axis replaced by the shape of the indices.
Status infer_gather(InferContext& context) {
  PARE_TRY(rules::need_inputs(context, 2));
  PARE_TRY(rules::need_type(context, 1, rules::is_index));
  const TensorFacts &data = context.in(0), &indices = context.in(1);
  if (!data.dims) return rules::give(context, 0, data.dtype, std::nullopt);
  PARE_ASSIGN(const size_t axis, rules::normalize_axis(context.attributes.integer("axis", 0), data.dims->size()));
  const Dim size = (*data.dims)[axis];
  const std::optional<Shape> picks = rules::known_value(context, 1);
  if (picks && size.known())
    for (const int64_t pick : *picks)
      if (pick < -size.factor || pick >= size.factor) return rules::invalid("an index is out of range", 1);
  if (!indices.dims) return rules::give(context, 0, data.dtype, std::nullopt);

  Dims dims(data.dims->begin(), data.dims->begin() + static_cast<std::ptrdiff_t>(axis));
  dims.insert(dims.end(), indices.dims->begin(), indices.dims->end());
  dims.insert(dims.end(), data.dims->begin() + static_cast<std::ptrdiff_t>(axis) + 1, data.dims->end());
  std::optional<Dims> value;
  if (data.value && data.dims->size() == 1 && picks && size == Dim(static_cast<int64_t>(data.value->size()))) {
    value.emplace();
    for (const int64_t pick : *picks)
      value->push_back((*data.value)[static_cast<size_t>(pick < 0 ? pick + size.factor : pick)]);
  }
  return rules::give(context, 0, data.dtype, std::move(dims), std::move(value));
}

}  // namespace pare
