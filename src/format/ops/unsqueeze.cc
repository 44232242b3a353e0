#include "format/ops/rule.h"

namespace pare {

// Axes count in the result.
Status infer_unsqueeze(InferContext& context) {
  PARE_TRY(rules::need_inputs(context, 2));
  PARE_TRY(rules::need_type(context, 1, rules::is_index));
  const TensorFacts& x = context.in(0);
  if (!x.dims) return rules::give(context, 0, x.dtype, std::nullopt);
  const std::optional<Shape> axes = rules::known_value(context, 1);
  std::optional<int64_t> added = rules::list_length(context, 1);
  if (axes) added = static_cast<int64_t>(axes->size());
  if (!added) return rules::give(context, 0, x.dtype, std::nullopt);
  if (*added > static_cast<int64_t>(rules::kMaxRank)) return rules::invalid("too many dimensions", 1);
  const size_t rank = x.dims->size() + static_cast<size_t>(*added);
  Dims dims;
  if (!axes) {
    for (size_t i = 0; i < rank; ++i) dims.push_back(Dim(1, context.symbols.fresh()));
    return rules::give(context, 0, x.dtype, std::move(dims));
  }
  PARE_ASSIGN(const std::vector<bool> is_new, rules::mark_axes(*axes, rank));
  size_t next = 0;
  for (size_t i = 0; i < rank; ++i) dims.push_back(is_new[i] ? Dim(1) : (*x.dims)[next++]);
  return rules::give(context, 0, x.dtype, std::move(dims), x.value);
}

}  // namespace pare
