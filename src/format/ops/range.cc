#include "format/ops/rule.h"

namespace pare {

// start, limit (excluded), delta: scalars of one type.
Status infer_range(InferContext& context) {
  PARE_TRY(rules::need_inputs(context, 3));
  PARE_ASSIGN(const DType dtype, rules::common_type(context, 0, 2));
  PARE_TRY(rules::need_type(context, 0, rules::is_numeric));
  const auto start = rules::known_value(context, 0), limit = rules::known_value(context, 1),
             delta = rules::known_value(context, 2);
  if (!is_integer(dtype) || !start || !limit || !delta || start->size() != 1 || limit->size() != 1 ||
      delta->size() != 1 || !checked_add(limit->front(), -start->front()))
    return rules::give(context, 0, dtype, Dims{Dim(1, context.symbols.fresh())});
  const int64_t step = delta->front(), span = limit->front() - start->front();
  if (step == 0) return rules::invalid("the step is zero", 2);
  int64_t count = span / step;
  if (span % step != 0 && (span < 0) == (step < 0)) ++count;
  count = std::max<int64_t>(count, 0);
  std::optional<Dims> value;
  if (count <= static_cast<int64_t>(kMaxValueElements)) {
    value.emplace();
    for (int64_t i = 0; i < count; ++i) value->emplace_back(start->front() + i * step);
  }
  return rules::give(context, 0, dtype, Dims{Dim(count)}, std::move(value));
}

}  // namespace pare
