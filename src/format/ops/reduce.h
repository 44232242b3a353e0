// Ops that reduce over axes: ReduceMean and its relatives, ArgMax and ArgMin.
#pragma once

#include "format/ops/rule.h"

namespace pare::rules {

// `dims` with the marked ones gone, or 1 where `keep`.
Dims reduced(const Dims& dims, const std::vector<bool>& marked, bool keep);
// Axes from input 1 or from the attribute; none: all of them, or with noop_with_empty_axes none at all.
Status infer_reduce(InferContext& context, bool (*accepts)(DType));
// The index (i64) of an extreme element along one axis.
Status infer_arg(InferContext& context);

}  // namespace pare::rules
