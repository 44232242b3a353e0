#include "format/ops/binary.h"

namespace pare {

static std::optional<Dim> add_values(Dim a, Dim b, Symbols& symbols) {
  if (a.known() && b.known() && !checked_add(a.factor, b.factor)) return std::nullopt;
  return add(a, b, symbols);
}

Status infer_add(InferContext& context) { return rules::infer_binary(context, add_values); }

}  // namespace pare
