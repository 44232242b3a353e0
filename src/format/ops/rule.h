// What shape rules share: presence and types of inputs, axes, and handing over results after a last check.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <utility>

#include "format/infer.h"

namespace pare::rules {

inline constexpr size_t kMaxRank = 64;  // hostile axis lists must not make dimensions without end

inline Status invalid(const char* what, uint64_t at = 0) { return {Code::invalid, what, at}; }

inline bool is_numeric(DType type) { return is_float(type) || is_integer(type); }
inline bool is_boolean(DType type) { return type == DType::boolean; }
inline bool is_signed(DType type) {
  return is_float(type) || type == DType::i8 || type == DType::i16 || type == DType::i32 || type == DType::i64;
}
inline bool is_index(DType type) { return type == DType::i32 || type == DType::i64; }

// Fails unless the first `count` inputs are present.
inline Status need_inputs(const InferContext& context, size_t count) {
  for (size_t i = 0; i < count; ++i)
    if (!context.has(i)) return invalid("a required input is missing", i);
  return {};
}

// Fails when the type of input i is known and not accepted.
inline Status need_type(const InferContext& context, size_t i, bool (*accepts)(DType)) {
  if (!context.has(i) || context.in(i).dtype == DType::none || accepts(context.in(i).dtype)) return {};
  return invalid("the op does not take this element type", i);
}

// The one type of inputs `first` .. `last` (absent and unknown ones put aside).
inline Result<DType> common_type(const InferContext& context, size_t first, size_t last) {
  DType common = DType::none;
  for (size_t i = first; i <= last; ++i) {
    if (!context.has(i) || context.in(i).dtype == DType::none) continue;
    if (common != DType::none && common != context.in(i).dtype)
      return invalid("the element types of the inputs differ", i);
    common = context.in(i).dtype;
  }
  return common;
}

// -rank <= axis < rank, counted from the end when negative.
inline Result<size_t> normalize_axis(int64_t axis, size_t rank) {
  const int64_t n = static_cast<int64_t>(rank);
  if (axis < -n || axis >= n) return invalid("the axis is out of range");
  return static_cast<size_t>(axis < 0 ? axis + n : axis);
}

// One flag per dimension. Fails when an axis is out of range or said twice.
inline Result<std::vector<bool>> mark_axes(std::span<const int64_t> axes, size_t rank) {
  std::vector<bool> marked(rank, false);
  for (const int64_t axis : axes) {
    PARE_ASSIGN(const size_t i, normalize_axis(axis, rank));
    if (marked[i]) return invalid("an axis is repeated", i);
    marked[i] = true;
  }
  return marked;
}

// Two dimensions that must be equal: a known size wins over a symbol; nothing when they contradict.
inline std::optional<Dim> merge(Dim a, Dim b) {
  if (a == b || !b.known()) return a;
  if (!a.known()) return b;
  return std::nullopt;
}

// The elements of an input where all of them are known numbers.
inline std::optional<Shape> known_value(const InferContext& context, size_t i) {
  if (!context.has(i) || !context.in(i).value) return std::nullopt;
  return known_shape(*context.in(i).value);
}

// How many elements a rank-1 input has, when that is known.
inline std::optional<int64_t> list_length(const InferContext& context, size_t i) {
  if (!context.has(i) || !context.in(i).dims) return std::nullopt;
  const Dims& dims = *context.in(i).dims;
  if (dims.size() != 1 || !dims[0].known()) return std::nullopt;
  return dims[0].factor;
}

// Fills output i (when the node has it) after checking what no tensor can have.
inline Status give(InferContext& context, size_t i, DType dtype, std::optional<Dims> dims,
                   std::optional<Dims> value = {}) {
  if (dims) {
    if (dims->size() > kMaxRank) return invalid("too many dimensions");
    Shape known;
    for (const Dim& dim : *dims) {
      if (dim.factor < 0) return invalid("a dimension is negative");
      if (dim.known()) known.push_back(dim.factor);
    }
    if (!element_count(known)) return invalid("too many elements");
  }
  if (i >= context.outputs.size()) return {};
  if (value && (!dims || dims->size() > 1 || value->size() > kMaxValueElements)) value.reset();
  context.outputs[i] = {dtype, std::move(dims), std::move(value), {}};
  return {};
}

// y has the shape and type of x: element-wise ops of one input.
inline Status infer_same(InferContext& context, bool (*accepts)(DType)) {
  PARE_TRY(need_inputs(context, 1));
  PARE_TRY(need_type(context, 0, accepts));
  return give(context, 0, context.in(0).dtype, context.in(0).dims);
}

}  // namespace pare::rules
