#include "format/onnx_dtype.h"
#include "format/ops/rule.h"

namespace pare {

// Integers keep their values between the two types that shapes and indices come in.
static std::optional<Dims> cast_value(const TensorFacts& x, DType to) {
  if (!x.value || !rules::is_index(to)) return std::nullopt;
  for (const Dim& element : *x.value)
    if (to == DType::i32 && (element.factor < INT32_MIN || element.factor > INT32_MAX)) return std::nullopt;
  return x.value;
}

Status infer_cast(InferContext& context) {
  PARE_TRY(rules::need_inputs(context, 1));
  const int64_t to = context.attributes.integer("to", 0);
  if (!is_onnx_dtype(to)) return rules::invalid("Cast to a type that does not exist");
  const DType dtype = dtype_from_onnx(to);
  return rules::give(context, 0, dtype, context.in(0).dims, cast_value(context.in(0), dtype));
}

}  // namespace pare
