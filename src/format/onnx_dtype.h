// Element types by the numbers that ONNX gives them (TensorProto.DataType), for files and for the attribute `to` of
// Cast.
#pragma once

#include <cstdint>

#include "format/dtype.h"

namespace pare {

inline constexpr int64_t kOnnxString = 8;
inline constexpr int64_t kOnnxLast = 16;  // of opset 17: bfloat16

// none for strings, complex numbers and numbers that ONNX does not have.
constexpr DType dtype_from_onnx(int64_t number) {
  constexpr DType types[kOnnxLast + 1] = {DType::none, DType::f32, DType::u8,   DType::i8,      DType::u16, DType::i16,
                                          DType::i32,  DType::i64, DType::none, DType::boolean, DType::f16, DType::f64,
                                          DType::u32,  DType::u64, DType::none, DType::none,    DType::bf16};
  return number >= 0 && number <= kOnnxLast ? types[number] : DType::none;
}
// 0 (UNDEFINED) for none.
constexpr int32_t dtype_to_onnx(DType type) {
  for (int32_t number = 1; number <= kOnnxLast; ++number)
    if (type != DType::none && dtype_from_onnx(number) == type) return number;
  return 0;
}
// Is this a DataType at all, be it one we have no tensors of?
constexpr bool is_onnx_dtype(int64_t number) { return number >= 1 && number <= kOnnxLast; }

}  // namespace pare
