#include "format/ops/rule.h"

namespace pare {

// The last axis of the indices says a place in the data's axes behind the batch; what lies behind it is copied.
Status infer_gather_nd(InferContext& context) {
  PARE_TRY(rules::need_inputs(context, 2));
  PARE_TRY(rules::need_type(context, 1, rules::is_index));
  const TensorFacts &x = context.in(0), &indices = context.in(1);
  const int64_t batch = context.attributes.integer("batch_dims", 0);
  if (!x.dims || !indices.dims || indices.dims->empty() || !indices.dims->back().known())
    return rules::give(context, 0, x.dtype, std::nullopt);
  const int64_t depth = indices.dims->back().factor, rank = static_cast<int64_t>(x.dims->size());
  if (batch < 0 || depth < 1 || batch >= static_cast<int64_t>(indices.dims->size()) || depth > rank - batch)
    return rules::invalid("the indices are deeper than the data", 1);
  Dims dims(indices.dims->begin(), indices.dims->end() - 1);
  dims.insert(dims.end(), x.dims->begin() + static_cast<std::ptrdiff_t>(batch + depth), x.dims->end());
  return rules::give(context, 0, x.dtype, std::move(dims));
}

}  // namespace pare
