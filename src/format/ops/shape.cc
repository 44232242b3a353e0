#include "format/ops/rule.h"

namespace pare {

// Dimensions start .. end as a list; bounds are clamped, negative ones count from the end.
Status infer_shape(InferContext& context) {
  PARE_TRY(rules::need_inputs(context, 1));
  const TensorFacts& x = context.in(0);
  if (!x.dims) return rules::give(context, 0, DType::i64, Dims{Dim(1, context.symbols.fresh())});
  const int64_t rank = static_cast<int64_t>(x.dims->size());
  int64_t start = context.attributes.integer("start", 0), end = context.attributes.integer("end", rank);
  start = std::clamp<int64_t>(start < 0 ? start + rank : start, 0, rank);
  end = std::clamp<int64_t>(end < 0 ? end + rank : end, start, rank);
  Dims value(x.dims->begin() + start, x.dims->begin() + end);
  return rules::give(context, 0, DType::i64, Dims{Dim(end - start)}, std::move(value));
}

}  // namespace pare
