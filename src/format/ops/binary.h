// Add, Sub, Mul, Div: broadcast shapes, and arithmetic on the values of small integer tensors.
#pragma once

#include "format/ops/rule.h"

namespace pare::rules {

// The result of one element pair; nothing when it cannot be known (a division by zero, an overflow).
using ValueArithmetic = std::optional<Dim> (*)(Dim, Dim, Symbols&);

Status infer_binary(InferContext& context, ValueArithmetic arithmetic);

}  // namespace pare::rules
