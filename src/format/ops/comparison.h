// Comparisons and logic of two tensors: broadcast shapes, a boolean result.
#pragma once

#include "format/ops/broadcast.h"

namespace pare::rules {

// `accepts` nullptr: any type.
inline Status infer_comparison(InferContext& context, bool (*accepts)(DType)) {
  PARE_TRY(need_inputs(context, 2));
  PARE_TRY(common_type(context, 0, 1).status());
  for (size_t i = 0; i < 2 && accepts != nullptr; ++i) PARE_TRY(need_type(context, i, accepts));
  return give_broadcast(context, DType::boolean, 0, 1);
}

}  // namespace pare::rules
