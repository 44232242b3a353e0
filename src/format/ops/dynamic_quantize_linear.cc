#include "format/ops/rule.h"

namespace pare {

// x; its levels, and the scale and zero point that its range gives.
Status infer_dynamic_quantize_linear(InferContext& context) {
  PARE_TRY(rules::need_inputs(context, 1));
  PARE_TRY(rules::need_type(context, 0, is_float));
  PARE_TRY(rules::give(context, 0, DType::u8, context.in(0).dims));
  PARE_TRY(rules::give(context, 1, DType::f32, Dims{}));
  return rules::give(context, 2, DType::u8, Dims{});
}

}  // namespace pare
