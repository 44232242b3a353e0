#include "format/ops/rule.h"

namespace pare {

// Divided by the norm along one axis.
Status infer_lp_normalization(InferContext& context) {
  PARE_TRY(rules::infer_same(context, is_float));
  const int64_t p = context.attributes.integer("p", 2);
  if (p != 1 && p != 2) return rules::invalid("p must be 1 or 2");
  if (!context.in(0).dims) return {};
  return rules::normalize_axis(context.attributes.integer("axis", -1), context.in(0).dims->size()).status();
}

}  // namespace pare
