#include "format/ops/volume.h"

namespace pare {

// To a matrix: dimensions before the axis, dimensions from it on.
Status infer_flatten(InferContext& context) {
  PARE_TRY(rules::need_inputs(context, 1));
  const TensorFacts& x = context.in(0);
  if (!x.dims)
    return rules::give(context, 0, x.dtype, Dims{Dim(1, context.symbols.fresh()), Dim(1, context.symbols.fresh())});
  const int64_t rank = static_cast<int64_t>(x.dims->size());
  int64_t axis = context.attributes.integer("axis", 1);
  if (axis < -rank || axis > rank) return rules::invalid("the axis is out of range");
  if (axis < 0) axis += rank;
  const std::span<const Dim> all(*x.dims);
  rules::Volume before, after;
  PARE_TRY(before.include(all.first(static_cast<size_t>(axis))));
  PARE_TRY(after.include(all.subspan(static_cast<size_t>(axis))));
  return rules::give(context, 0, x.dtype, Dims{before.as_dim(context.symbols), after.as_dim(context.symbols)});
}

}  // namespace pare
