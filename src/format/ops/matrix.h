// What Gemm, MatMul and its relatives on integers share.
#pragma once

#include "format/ops/broadcast.h"

namespace pare::rules {

// Half floats, floats and the integers of 32 and 64 bits.
inline bool is_matrix_type(DType type) {
  return is_float(type) || type == DType::i32 || type == DType::i64 || type == DType::u32 || type == DType::u64;
}

// numpy.matmul of inputs a and b: leading dimensions broadcast; a vector on the left is a row, on the right a column,
// and the dimension that this adds does not appear in the result.
inline Result<std::optional<Dims>> product_output(InferContext& context, size_t left, size_t right) {
  if (!context.in(left).dims || !context.in(right).dims) return std::optional<Dims>{};
  Dims a = *context.in(left).dims, b = *context.in(right).dims;
  if (a.empty() || b.empty()) return invalid("scalars are not multiplied as matrices");
  const bool row = a.size() == 1, column = b.size() == 1;
  if (row) a.insert(a.begin(), Dim(1));
  if (column) b.push_back(Dim(1));
  if (!merge(a.back(), b[b.size() - 2])) return invalid("the inner dimensions of the product differ");
  PARE_ASSIGN(Dims dims,
              broadcast(std::span(a).first(a.size() - 2), std::span(b).first(b.size() - 2), context.symbols));
  if (!row) dims.push_back(a[a.size() - 2]);
  if (!column) dims.push_back(b.back());
  return std::optional<Dims>(std::move(dims));
}

}  // namespace pare::rules
