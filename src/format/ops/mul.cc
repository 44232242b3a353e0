#include "format/ops/binary.h"

namespace pare {

static std::optional<Dim> mul_values(Dim a, Dim b, Symbols& symbols) {
  if (!checked_mul(a.factor, b.factor)) return std::nullopt;
  return multiply(a, b, symbols);
}

Status infer_mul(InferContext& context) { return rules::infer_binary(context, mul_values); }

}  // namespace pare
