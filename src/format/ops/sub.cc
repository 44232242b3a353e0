#include "format/ops/binary.h"

namespace pare {

static std::optional<Dim> sub_values(Dim a, Dim b, Symbols& symbols) {
  if (a.known() && b.known() && (b.factor == INT64_MIN || !checked_add(a.factor, -b.factor))) return std::nullopt;
  return subtract(a, b, symbols);
}

Status infer_sub(InferContext& context) { return rules::infer_binary(context, sub_values); }

}  // namespace pare
