#include "format/ops/linear_grid.h"

namespace pare {

// Without a zero point the levels are unsigned bytes around 0.
Status infer_quantize_linear(InferContext& context) {
  PARE_TRY(rules::check_linear_grid(context));
  PARE_TRY(rules::need_type(context, 0, [](DType type) { return is_float(type) || type == DType::i32; }));
  PARE_TRY(rules::need_type(context, 2, [](DType type) { return type == DType::i8 || type == DType::u8; }));
  const DType dtype = context.has(2) ? context.in(2).dtype : DType::u8;
  return rules::give(context, 0, dtype, context.in(0).dims);
}

}  // namespace pare
