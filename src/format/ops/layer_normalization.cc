#include "format/ops/broadcast.h"

namespace pare {

// X, Scale, B over the dimensions from `axis` on; also the mean and the inverse deviation go out.
Status infer_layer_normalization(InferContext& context) {
  PARE_TRY(rules::need_inputs(context, 2));
  PARE_ASSIGN(const DType dtype, rules::common_type(context, 0, 2));
  PARE_TRY(rules::need_type(context, 0, is_float));
  const std::optional<Dims>& dims = context.in(0).dims;
  if (!dims) return rules::give(context, 0, dtype, std::nullopt);
  PARE_ASSIGN(const size_t axis, rules::normalize_axis(context.attributes.integer("axis", -1), dims->size()));
  for (size_t i = 1; i < 3; ++i)
    if (context.has(i) && context.in(i).dims && !rules::broadcasts_to(*context.in(i).dims, *dims))
      return rules::invalid("a parameter does not fit the normalized dimensions", i);
  Dims statistic = *dims;
  std::fill(statistic.begin() + static_cast<std::ptrdiff_t>(axis), statistic.end(), Dim(1));
  PARE_TRY(rules::give(context, 0, dtype, dims));
  PARE_TRY(rules::give(context, 1, DType::f32, statistic));
  return rules::give(context, 2, DType::f32, std::move(statistic));
}

}  // namespace pare
