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

namespace {

template <class T>
Dims elements_of(const Tensor& tensor) {
  Dims value;
  value.reserve(static_cast<size_t>(tensor.size()));
  for (const T element : tensor.view<T>()) value.emplace_back(static_cast<int64_t>(element));
  return value;
}

}  // namespace

std::optional<Dims> small_value(const Tensor& tensor) {
  if (tensor.rank() > 1 || tensor.size() > static_cast<int64_t>(kMaxValueElements)) return std::nullopt;
  switch (tensor.dtype()) {
    case DType::i8: return elements_of<int8_t>(tensor);
    case DType::u8: return elements_of<uint8_t>(tensor);
    case DType::i16: return elements_of<int16_t>(tensor);
    case DType::u16: return elements_of<uint16_t>(tensor);
    case DType::i32: return elements_of<int32_t>(tensor);
    case DType::u32: return elements_of<uint32_t>(tensor);
    case DType::i64: return elements_of<int64_t>(tensor);
    default: return std::nullopt;  // u64 may not fit a Dim; nobody writes shapes in it
  }
}

TensorFacts facts_of(const Tensor& tensor) {
  return {tensor.dtype(), to_dims(tensor.shape()), small_value(tensor)};
}

}  // namespace pare
