#include "format/ops/rule.h"

namespace pare {

// Indices (i64) of the elements that are not zero: one row per dimension of the input.
Status infer_non_zero(InferContext& context) {
  PARE_TRY(rules::need_inputs(context, 1));
  if (!context.in(0).dims) return rules::give(context, 0, DType::i64, std::nullopt);
  const auto rank = static_cast<int64_t>(context.in(0).dims->size());
  return rules::give(context, 0, DType::i64, Dims{Dim(rank), Dim(1, context.symbols.fresh())});
}

}  // namespace pare
