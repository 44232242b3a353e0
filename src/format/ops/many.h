// Min, Max, Sum, Mean: any number of tensors of one type, broadcast together.
#pragma once

#include "format/ops/broadcast.h"

namespace pare::rules {

inline Status infer_many(InferContext& context, bool (*accepts)(DType)) {
  const size_t count = context.inputs.size();
  PARE_TRY(need_inputs(context, std::max<size_t>(count, 1)));
  PARE_ASSIGN(const DType dtype, common_type(context, 0, count - 1));
  for (size_t i = 0; i < count; ++i) PARE_TRY(need_type(context, i, accepts));
  return give_broadcast(context, dtype, 0, count - 1);
}

}  // namespace pare::rules
