#include "format/ops/broadcast.h"

namespace pare {

// Broadcast to a shape, which broadcasts to the input in turn.
Status infer_expand(InferContext& context) {
  PARE_TRY(rules::need_inputs(context, 2));
  PARE_TRY(rules::need_type(context, 1, rules::is_index));
  const TensorFacts &x = context.in(0), &shape = context.in(1);
  if (x.dims && shape.value) {
    PARE_ASSIGN(Dims dims, rules::broadcast(*x.dims, *shape.value, context.symbols));
    return rules::give(context, 0, x.dtype, std::move(dims));
  }
  const std::optional<int64_t> rank = rules::list_length(context, 1);
  if (!x.dims || !rank || *rank > static_cast<int64_t>(rules::kMaxRank))
    return rules::give(context, 0, x.dtype, std::nullopt);
  // Whatever the shape is, it cannot change a dimension that is not 1.
  Dims dims;
  const size_t size = std::max(x.dims->size(), static_cast<size_t>(*rank)), added = size - x.dims->size();
  for (size_t i = 0; i < size; ++i) {
    const Dim dim = i < added ? Dim(1) : (*x.dims)[i - added];
    dims.push_back(dim.known() && dim != Dim(1) ? dim : Dim(1, context.symbols.fresh()));
  }
  return rules::give(context, 0, x.dtype, std::move(dims));
}

}  // namespace pare
