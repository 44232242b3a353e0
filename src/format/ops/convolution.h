// Conv, ConvInteger, QLinearConv: X [N, C, spatial ...], W [M, C / group, kernel ...], B [M].
#pragma once

#include "format/ops/window.h"

namespace pare::rules {

// The shape of the result; `x`, `w` and `bias` are numbers of inputs, of which the first two are present.
Result<std::optional<Dims>> convolution_output(InferContext& context, size_t x, size_t w, size_t bias);

}  // namespace pare::rules
