// GlobalAveragePool, GlobalMaxPool: every spatial dimension becomes 1.
#pragma once

#include "format/ops/rule.h"

namespace pare::rules {

inline Status infer_global_pool(InferContext& context) {
  PARE_TRY(need_inputs(context, 1));
  PARE_TRY(need_type(context, 0, is_float));
  std::optional<Dims> dims = context.in(0).dims;
  if (dims) {
    if (dims->size() < 2) return invalid("the pooled tensor needs a batch and channels");
    std::fill(dims->begin() + 2, dims->end(), Dim(1));
  }
  return give(context, 0, context.in(0).dtype, std::move(dims));
}

}  // namespace pare::rules
