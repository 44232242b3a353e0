// Cast, CastLike.
#pragma once

#include "format/ops/rule.h"

namespace pare::rules {

// Integers keep their values between the two types that shapes and indices come in.
inline Status give_cast(InferContext& context, DType to) {
  const TensorFacts& x = context.in(0);
  std::optional<Dims> value = is_index(to) ? x.value : std::nullopt;
  const auto wraps = [](const Dim& d) { return d.factor < INT32_MIN || d.factor > INT32_MAX; };
  if (value && to == DType::i32 && std::any_of(value->begin(), value->end(), wraps)) value.reset();
  return give(context, 0, to, x.dims, std::move(value));
}

}  // namespace pare::rules
