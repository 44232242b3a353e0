// Windows that slide over spatial dimensions: Conv and the pools. Attributes are read and checked here once, for
// rules, kernels and engines.
#pragma once

#include "format/ops/rule.h"

namespace pare {

enum class AutoPad : uint8_t { explicit_pads, valid, same_upper, same_lower };

// One entry per spatial dimension each. Every number is checked to be in 0 .. 2^31 - 1 (strides, dilations and
// kernel sizes from 1 on), so that sums of them do not overflow.
struct Window {
  Shape kernel, strides, dilations, pads_begin, pads_end;
  AutoPad auto_pad = AutoPad::explicit_pads;
  bool ceil_mode = false;

  size_t rank() const { return kernel.size(); }
  int64_t extent(size_t i) const { return dilations[i] * (kernel[i] - 1) + 1; }  // of the dilated kernel
};

// Reads strides, dilations, pads, auto_pad and ceil_mode.
Result<Window> read_window(const Attributes& attributes, Shape kernel);
// Output size along spatial dimension i.
Result<Dim> window_output(const Window& window, size_t i, Dim input, Symbols& symbols);
// Turns auto_pad into explicit pads for these spatial sizes.
Status resolve_pads(Window& window, std::span<const int64_t> spatial);

// MaxPool and AveragePool: [N, C, spatial ...] to [N, C, windows ...].
Result<std::optional<Dims>> pool_output(const InferContext& context);

}  // namespace pare
