// What Gemm and MatMul share.
#pragma once

#include "format/ops/rule.h"

namespace pare::rules {

// Half floats, floats and the integers of 32 and 64 bits.
inline bool is_matrix_type(DType type) {
  return is_float(type) || type == DType::i32 || type == DType::i64 || type == DType::u32 || type == DType::u64;
}

}  // namespace pare::rules
