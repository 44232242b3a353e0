#include "format/ops/rule.h"

namespace pare {

// No perm: all dimensions in reverse.
Status infer_transpose(InferContext& context) {
  PARE_TRY(rules::need_inputs(context, 1));
  const TensorFacts& x = context.in(0);
  if (!x.dims) return rules::give(context, 0, x.dtype, std::nullopt);
  Dims dims(x.dims->rbegin(), x.dims->rend());
  if (context.attributes.has("perm")) {
    const Shape perm = context.attributes.integers("perm");
    if (perm.size() != dims.size()) return rules::invalid("perm has another length than the shape");
    PARE_TRY(rules::mark_axes(perm, dims.size()).status());
    for (size_t i = 0; i < perm.size(); ++i) {
      if (perm[i] < 0) return rules::invalid("perm has a negative axis", i);
      dims[i] = (*x.dims)[static_cast<size_t>(perm[i])];
    }
  }
  return rules::give(context, 0, x.dtype, std::move(dims), x.value);
}

}  // namespace pare
