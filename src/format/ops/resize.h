// Resize and Upsample: attributes, the axes that change and their new sizes, read and checked once for rules and
// kernels. The attributes are those of opset 19, which say all that older ones do.
#pragma once

#include "format/ops/rule.h"

namespace pare {

enum class ResizeMode : uint8_t { nearest, linear, cubic };
// Where an element of the result lies in the input.
enum class ResizeCoordinates : uint8_t {
  half_pixel,
  half_pixel_symmetric,
  pytorch_half_pixel,
  align_corners,
  asymmetric,
  tf_crop_and_resize,
};
enum class ResizeRounding : uint8_t { round_prefer_floor, round_prefer_ceil, floor, ceil };
enum class ResizeAspect : uint8_t { stretch, not_larger, not_smaller };

struct ResizeOptions {
  ResizeMode mode = ResizeMode::nearest;
  ResizeCoordinates coordinates = ResizeCoordinates::half_pixel;
  ResizeRounding rounding = ResizeRounding::round_prefer_floor;
  ResizeAspect aspect = ResizeAspect::stretch;
  bool antialias = false, exclude_outside = false;
  float cubic_coeff_a = -0.75F, extrapolation_value = 0;
  std::optional<Shape> axes;  // as given; nothing: all of them
};
Result<ResizeOptions> read_resize(const Attributes& attributes);
// What Upsample, Resize's ancestor, leaves unsaid.
Result<ResizeOptions> read_upsample(const Attributes& attributes);

// The axes that scales, sizes and roi talk about, in their order.
Result<std::vector<size_t>> resized_axes(const ResizeOptions& options, size_t rank);

// One axis: its scale in f32, as runtimes compute, and the size it gets.
struct ResizedAxis {
  float scale = 1;
  int64_t size = 0;
};
// From the sizes of these axes and one scale each, or one wanted size each. A crop (tf_crop_and_resize) changes where
// elements come from, not how many there are: so do ONNX's shape inference and ONNX Runtime.
Result<std::vector<ResizedAxis>> resize_by_scales(std::span<const int64_t> sizes, std::span<const float> scales);
Result<std::vector<ResizedAxis>> resize_to_sizes(std::span<const int64_t> sizes, std::span<const int64_t> wanted,
                                                 ResizeAspect aspect);

// The shape rule of both; `scales` and `wanted` are numbers of inputs.
Status infer_resized(InferContext& context, const ResizeOptions& options, size_t scales, size_t wanted);

}  // namespace pare
