#include "format/ops/scatter.h"

namespace pare {

Status infer_scatter_elements(InferContext& context) {
  PARE_TRY(rules::infer_scatter(context));
  if (!context.in(0).dims) return {};
  return rules::normalize_axis(context.attributes.integer("axis", 0), context.in(0).dims->size()).status();
}

}  // namespace pare
