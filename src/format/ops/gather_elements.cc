#include "format/ops/rule.h"

namespace pare {

// Picks along one axis, an index per element of the result.
Status infer_gather_elements(InferContext& context) {
  PARE_TRY(rules::need_inputs(context, 2));
  PARE_TRY(rules::need_type(context, 1, rules::is_index));
  const TensorFacts &x = context.in(0), &indices = context.in(1);
  if (x.dims) {
    PARE_TRY(rules::normalize_axis(context.attributes.integer("axis", 0), x.dims->size()).status());
    if (indices.dims && indices.dims->size() != x.dims->size())
      return rules::invalid("data and indices have different ranks", 1);
  }
  return rules::give(context, 0, x.dtype, indices.dims);
}

}  // namespace pare
