// Softmax, LogSoftmax and Hardmax normalize along one axis.
#pragma once

#include "format/ops/rule.h"

namespace pare::rules {

inline Status infer_along_axis(InferContext& context) {
  PARE_TRY(infer_same(context, is_float));
  if (!context.in(0).dims) return {};
  return normalize_axis(context.attributes.integer("axis", -1), context.in(0).dims->size()).status();
}

}  // namespace pare::rules
