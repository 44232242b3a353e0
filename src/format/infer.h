// Shape rules: from what is known of an op's inputs to what is known of its outputs. Shared by core and runtime.
// One rule per op in format/ops/<op>.cc, listed in format/op_list.def.
#pragma once

#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "format/attributes.h"
#include "format/dtype.h"
#include "format/op.h"
#include "format/shape.h"
#include "format/status.h"
#include "format/tensor.h"

namespace pare {

// What is known of one tensor. `value` holds the elements of small integer tensors (rank <= 1, at most 64
// elements), so that Shape-Gather-Concat-Reshape chains resolve even with a symbolic batch; `reals` those of float
// constants that small, which Resize takes its scales from.
struct TensorFacts {
  DType dtype = DType::none;
  std::optional<Dims> dims;
  std::optional<Dims> value;
  std::optional<std::vector<float>> reals;
};
inline constexpr size_t kMaxValueElements = 64;

// What a constant tells: all of it. `value` and `reals` only for the sizes above.
std::optional<Dims> small_value(const Tensor& tensor);
std::optional<std::vector<float>> small_reals(const Tensor& tensor);
TensorFacts facts_of(const Tensor& tensor);

struct InferContext {
  const Attributes& attributes;
  std::span<const TensorFacts* const> inputs;  // nullptr: an optional input that is absent
  std::span<TensorFacts> outputs;              // to be filled; dims stay empty when they cannot be known
  Symbols& symbols;

  bool has(size_t i) const { return i < inputs.size() && inputs[i] != nullptr; }
  const TensorFacts& in(size_t i) const { return *inputs[i]; }
};

// Canonical form: opset 17 semantics of the default domain. Wrong ranks, axes or attribute values are `invalid`.
using InferRule = Status (*)(InferContext&);
InferRule infer_rule(OpKind op);  // nullptr for OpKind::unknown

}  // namespace pare
