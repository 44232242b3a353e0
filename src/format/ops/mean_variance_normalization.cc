#include "format/ops/rule.h"

namespace pare {

Status infer_mean_variance_normalization(InferContext& context) {
  PARE_TRY(rules::infer_same(context, is_float));
  if (!context.in(0).dims) return {};
  return rules::mark_axes(context.attributes.integers("axes", {0, 2, 3}), context.in(0).dims->size()).status();
}

}  // namespace pare
