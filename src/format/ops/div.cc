#include "format/ops/binary.h"

namespace pare {

// Integer division truncates towards zero.
static std::optional<Dim> div_values(Dim a, Dim b, Symbols& symbols) {
  if (!b.known()) return a == b ? Dim(1) : Dim(1, symbols.fresh());
  if (b.factor == 0 || (a.factor == INT64_MIN && b.factor == -1)) return std::nullopt;
  if (a.known()) return Dim(a.factor / b.factor);
  if (a.factor % b.factor == 0) return Dim(a.factor / b.factor, a.symbol);
  return Dim(1, symbols.fresh());
}

Status infer_div(InferContext& context) { return rules::infer_binary(context, div_values); }

}  // namespace pare
