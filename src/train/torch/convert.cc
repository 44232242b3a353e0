#include "train/torch/convert.h"

#include <cstring>

#include "core/error.h"

namespace pare::engine {
namespace {

DType dtype_from(at::ScalarType type) {
  switch (type) {
    case at::kFloat:
      return DType::f32;
    case at::kHalf:
      return DType::f16;
    case at::kBFloat16:
      return DType::bf16;
    case at::kDouble:
      return DType::f64;
    case at::kChar:
      return DType::i8;
    case at::kByte:
      return DType::u8;
    case at::kShort:
      return DType::i16;
    case at::kInt:
      return DType::i32;
    case at::kLong:
      return DType::i64;
    case at::kBool:
      return DType::boolean;
    default:
      fail(Code::internal, "LibTorch type {} has no counterpart", at::toString(type));
  }
}

}  // namespace

at::ScalarType scalar_type(DType type) {
  switch (type) {
    case DType::f32:
    case DType::f16:
    case DType::bf16:
    case DType::f64:
      return at::kFloat;
    case DType::i8:
      return at::kChar;
    case DType::u8:
      return at::kByte;
    case DType::i16:
      return at::kShort;
    case DType::u16:
    case DType::i32:
      return at::kInt;
    case DType::u32:
    case DType::i64:
    case DType::u64:
      return at::kLong;
    case DType::boolean:
      return at::kBool;
    case DType::none:
      break;
  }
  fail(Code::invalid, "a tensor without an element type cannot be computed with");
}

at::Tensor to_aten(const Tensor& tensor) {
  const at::ScalarType type = scalar_type(tensor.dtype());
  const bool same = tensor.dtype() == DType::u64 || dtype_from(type) == tensor.dtype();
  const Tensor held = same ? tensor : cast(tensor, dtype_from(type));
  if (held.size() == 0) return at::empty(held.shape(), type);
  // The deleter keeps the buffer alive; copy on write keeps it unchanged.
  void* bytes = const_cast<std::byte*>(held.bytes().data());
  return at::from_blob(
      bytes, held.shape(), [held](void*) {}, at::TensorOptions(type));
}

Tensor from_aten(const at::Tensor& tensor, DType wanted) {
  const at::Tensor dense = tensor.detach().cpu().contiguous();
  Tensor out(dtype_from(dense.scalar_type()), dense.sizes().vec());
  if (out.byte_size()) std::memcpy(out.edit_bytes().data(), dense.data_ptr(), out.byte_size());
  return wanted == DType::none || wanted == out.dtype() ? out : cast(out, wanted);
}

std::vector<int64_t> integers(const at::Tensor& tensor) {
  const at::Tensor flat = tensor.cpu().to(at::kLong).contiguous();
  const int64_t* begin = flat.data_ptr<int64_t>();
  return {begin, begin + flat.numel()};
}

}  // namespace pare::engine
