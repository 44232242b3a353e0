#include "format/ops/rule.h"

namespace pare {

// The number of elements, as a scalar.
Status infer_size(InferContext& context) {
  PARE_TRY(rules::need_inputs(context, 1));
  std::optional<Dims> value;
  if (const std::optional<Dims>& dims = context.in(0).dims) {
    Dim count(1);
    for (const Dim& dim : *dims) count = multiply(count, dim, context.symbols);
    value = Dims{count};
  }
  return rules::give(context, 0, DType::i64, Dims{}, std::move(value));
}

}  // namespace pare
