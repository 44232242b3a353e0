#include "format/infer.h"

namespace pare {

#define PARE_OP(number, kind, onnx_name) Status infer_##kind(InferContext& context);
#include "format/op_list.def"
#undef PARE_OP

InferRule infer_rule(OpKind op) {
  switch (op) {
#define PARE_OP(number, kind, onnx_name) \
  case OpKind::kind:                     \
    return infer_##kind;
#include "format/op_list.def"
#undef PARE_OP
    case OpKind::unknown:
      break;
  }
  return nullptr;
}

static bool is_small(const Tensor& tensor) {
  return tensor.rank() <= 1 && tensor.size() <= static_cast<int64_t>(kMaxValueElements);
}

std::optional<Dims> small_value(const Tensor& tensor) {
  // Shapes are i64, at times i32; arithmetic on narrower and unsigned types wraps, which values here do not.
  if ((tensor.dtype() != DType::i32 && tensor.dtype() != DType::i64) || !is_small(tensor)) return std::nullopt;
  const Tensor wide = cast(tensor, DType::i64);
  return to_dims(wide.view<int64_t>());
}

std::optional<std::vector<float>> small_reals(const Tensor& tensor) {
  if (!is_float(tensor.dtype()) || !is_small(tensor)) return std::nullopt;
  const Tensor wide = cast(tensor, DType::f32);
  const auto elements = wide.view<float>();
  return std::vector<float>(elements.begin(), elements.end());
}

TensorFacts facts_of(const Tensor& tensor) {
  return {tensor.dtype(), to_dims(tensor.shape()), small_value(tensor), small_reals(tensor)};
}

}  // namespace pare
