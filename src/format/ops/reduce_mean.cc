#include "format/ops/matrix.h"

namespace pare {

// No axes: all of them.
Status infer_reduce_mean(InferContext& context) {
  PARE_TRY(rules::need_inputs(context, 1));
  PARE_TRY(rules::need_type(context, 0, rules::is_matrix_type));
  if (!context.in(0).dims) return rules::give(context, 0, context.in(0).dtype, std::nullopt);
  const Dims& dims = *context.in(0).dims;
  const Shape axes = context.attributes.integers("axes");
  const bool keep = context.attributes.integer("keepdims", 1) != 0;
  PARE_ASSIGN(const std::vector<bool> reduced, rules::mark_axes(axes, dims.size()));
  Dims out;
  for (size_t i = 0; i < dims.size(); ++i) {
    if (!axes.empty() && !reduced[i])
      out.push_back(dims[i]);
    else if (keep)
      out.push_back(Dim(1));
  }
  return rules::give(context, 0, context.in(0).dtype, std::move(out));
}

}  // namespace pare
