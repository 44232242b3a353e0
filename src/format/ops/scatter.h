// ScatterElements and ScatterND: the result is the data with some elements replaced.
#pragma once

#include "format/ops/rule.h"

namespace pare::rules {

inline Status infer_scatter(InferContext& context) {
  PARE_TRY(need_inputs(context, 3));
  PARE_TRY(need_type(context, 1, is_index));
  PARE_TRY(context.in(0).dtype == context.in(2).dtype || context.in(0).dtype == DType::none ||
                   context.in(2).dtype == DType::none
               ? Status{}
               : invalid("the element types of data and updates differ", 2));
  return give(context, 0, context.in(0).dtype, context.in(0).dims);
}

// ... along an axis.
inline Status infer_scatter_along(InferContext& context) {
  PARE_TRY(infer_scatter(context));
  if (!context.in(0).dims) return {};
  return normalize_axis(context.attributes.integer("axis", 0), context.in(0).dims->size()).status();
}

}  // namespace pare::rules
