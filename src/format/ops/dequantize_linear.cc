#include "format/ops/linear_grid.h"

namespace pare {

Status infer_dequantize_linear(InferContext& context) {
  PARE_TRY(rules::check_linear_grid(context));
  PARE_TRY(rules::need_type(context, 0,
                            [](DType type) { return type == DType::i8 || type == DType::u8 || type == DType::i32; }));
  const DType x = context.in(0).dtype;
  if (context.has(2) && x != DType::none && context.in(2).dtype != DType::none && context.in(2).dtype != x)
    return rules::invalid("levels and zero point have different types", 2);
  return rules::give(context, 0, context.in(1).dtype != DType::none ? context.in(1).dtype : DType::f32,
                     context.in(0).dims);
}

}  // namespace pare
