#include "format/ops/rule.h"

namespace pare {

// data, ratio, training_mode; the mask says which elements were kept.
Status infer_dropout(InferContext& context) {
  PARE_TRY(rules::infer_same(context, is_float));
  PARE_TRY(rules::need_type(context, 1, is_float));
  PARE_TRY(rules::need_type(context, 2, [](DType type) { return type == DType::boolean; }));
  return rules::give(context, 1, DType::boolean, context.in(0).dims);
}

}  // namespace pare
