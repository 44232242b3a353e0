// ConvInteger, MatMulInteger, QLinearConv, QLinearMatMul: products of bytes.
#pragma once

#include "format/ops/rule.h"

namespace pare::rules {

inline bool is_byte(DType type) { return type == DType::i8 || type == DType::u8; }

// A scale or zero point: one number, or `several` (nothing: their number is not known).
inline Status check_byte_parameter(const InferContext& context, size_t i, std::optional<Dim> several) {
  if (!context.has(i) || !context.in(i).dims) return {};
  const Dims& dims = *context.in(i).dims;
  if (dims.empty() || (dims.size() == 1 && dims[0] == Dim(1))) return {};
  if (dims.size() != 1 || (several && !merge(dims[0], *several)))
    return invalid("a scale or zero point needs one element, or one per channel", i);
  return {};
}

// How many output channels the weight of a convolution has.
inline std::optional<Dim> first_dim(const InferContext& context, size_t w) {
  const std::optional<Dims>& dims = context.in(w).dims;
  return dims && !dims->empty() ? std::optional<Dim>((*dims)[0]) : std::nullopt;
}

// Like the above for matrices, where a list per row or column may also keep the matrix' rank.
inline Status check_matrix_parameter(const InferContext& context, size_t i, size_t matrix, bool rows) {
  if (!context.has(i) || !context.in(i).dims) return {};
  const Dims& dims = *context.in(i).dims;
  if (dims.size() <= 1) {
    const std::optional<Dims>& of = context.in(matrix).dims;
    if (!of || of->size() < 2) return check_byte_parameter(context, i, std::nullopt);
    return check_byte_parameter(context, i, (*of)[of->size() - (rows ? 2 : 1)]);
  }
  if (context.in(matrix).dims && dims.size() != context.in(matrix).dims->size())
    return invalid("a scale or zero point has another rank than its matrix", i);
  return {};
}

}  // namespace pare::rules
