// Resize and Upsample: axis by axis, each element of the result is a weighted sum of elements of the input, whose
// places and weights are worked out first. Gradients are those of the sums.
#include <algorithm>
#include <cmath>

#include "core/error.h"
#include "format/ops/resize.h"
#include "train/torch/convert.h"
#include "train/torch/op.h"

namespace pare::engine {
namespace {

// What one axis becomes.
struct AxisPlan {
  int64_t axis, from;  // which, and its size in the input
  ResizedAxis to;
  float crop_start = 0, crop_end = 1;  // of tf_crop_and_resize, in units of the axis

  bool changes() const { return to.size != from || to.scale != 1 || crop_start != 0 || crop_end != 1; }
};

// For each of `outputs` elements `taps` places in the input and their weights, all first taps first.
struct Taps {
  int64_t taps = 0, outputs = 0;
  std::vector<int64_t> place;
  std::vector<float> weight;
  std::vector<bool> outside;  // elements that get the extrapolation value
};

// Where element i of the result lies in the input, in f32 as runtimes compute it: ties of `nearest` hang on it.
float origin(ResizeCoordinates how, const AxisPlan& plan, int64_t index) {
  const float i = static_cast<float>(index), scale = plan.to.scale, from = static_cast<float>(plan.from),
              to = static_cast<float>(plan.to.size);
  switch (how) {
    case ResizeCoordinates::half_pixel:
      return (i + 0.5F) / scale - 0.5F;
    case ResizeCoordinates::half_pixel_symmetric: {  // what rounding the size took away is taken from both ends
      const float adjustment = to / (scale * from), centre = from / 2;
      return centre * (1 - adjustment) + (i + 0.5F) / scale - 0.5F;
    }
    case ResizeCoordinates::pytorch_half_pixel:
      return plan.to.size > 1 ? (i + 0.5F) / scale - 0.5F : 0;
    case ResizeCoordinates::align_corners:
      return plan.to.size > 1 ? i * (from - 1) / (to - 1) : 0;
    case ResizeCoordinates::asymmetric:
      return i / scale;
    case ResizeCoordinates::tf_crop_and_resize:
      return plan.to.size > 1
                 ? plan.crop_start * (from - 1) + i * (plan.crop_end - plan.crop_start) * (from - 1) / (to - 1)
                 : 0.5F * (plan.crop_start + plan.crop_end) * (from - 1);
  }
  return i;
}

// The same, no further outside than `margin`: what lies there is the edge, or nothing, however far away it is.
float near_origin(ResizeCoordinates how, const AxisPlan& plan, int64_t index, int64_t margin) {
  return std::clamp(origin(how, plan, index), static_cast<float>(-margin), static_cast<float>(plan.from + margin));
}

int64_t rounded(ResizeRounding how, float x) {
  switch (how) {
    case ResizeRounding::round_prefer_floor:
      return static_cast<int64_t>(std::ceil(x - 0.5F));
    case ResizeRounding::round_prefer_ceil:
      return static_cast<int64_t>(std::floor(x + 0.5F));
    case ResizeRounding::floor:
      return static_cast<int64_t>(std::floor(x));
    case ResizeRounding::ceil:
      return static_cast<int64_t>(std::ceil(x));
  }
  return 0;
}

// The triangle of linear interpolation.
float triangle(float distance) { return std::max(1 - std::fabs(distance), 0.0F); }

// Keys' cubic convolution (IEEE Trans. ASSP 29, 1981), whose slope at distance 1 is `a`.
float cubic(float distance, float a) {
  const float d = std::fabs(distance);
  if (d < 1) return ((a + 2) * d - (a + 3)) * d * d + 1;
  if (d < 2) return ((a * d - 5 * a) * d + 8 * a) * d - 4 * a;
  return 0;
}

Taps nearest_taps(const ResizeOptions& options, const AxisPlan& plan) {
  Taps taps{1, plan.to.size, {}, {}, {}};
  for (int64_t i = 0; i < plan.to.size; ++i) {
    const int64_t place = rounded(options.rounding, near_origin(options.coordinates, plan, i, 1));
    taps.place.push_back(std::clamp<int64_t>(place, 0, plan.from - 1));
  }
  return taps;
}

// Neighbours within the filter's reach, which grows where antialias spreads it over what an output element stands for.
Taps filter_taps(const ResizeOptions& options, const AxisPlan& plan) {
  const float stretch = options.antialias ? std::min(plan.to.scale, 1.0F) : 1;
  const float reach = (options.mode == ResizeMode::linear ? 1 : 2) / stretch;
  const auto filter = [&](float distance) {
    return options.mode == ResizeMode::linear ? triangle(distance * stretch)
                                              : cubic(distance * stretch, options.cubic_coeff_a);
  };
  Taps taps{2 * static_cast<int64_t>(std::ceil(reach)), plan.to.size, {}, {}, {}};
  const size_t outputs = static_cast<size_t>(plan.to.size), count = static_cast<size_t>(taps.taps) * outputs;
  taps.place.resize(count);
  taps.weight.resize(count);
  for (size_t i = 0; i < outputs; ++i) {
    const float x = near_origin(options.coordinates, plan, static_cast<int64_t>(i), taps.taps);
    const int64_t first = static_cast<int64_t>(std::floor(x)) - taps.taps / 2 + 1;
    float sum = 0;
    for (int64_t t = 0; t < taps.taps; ++t) {
      const int64_t place = first + t;
      const bool drop = options.exclude_outside && (place < 0 || place >= plan.from);
      const size_t at = static_cast<size_t>(t) * outputs + i;
      taps.place[at] = std::clamp<int64_t>(place, 0, plan.from - 1);  // the edge goes on outside
      taps.weight[at] = drop ? 0 : filter(x - static_cast<float>(place));
      sum += taps.weight[at];
    }
    const bool normalize = options.exclude_outside || options.antialias;
    for (int64_t t = 0; normalize && sum != 0 && t < taps.taps; ++t)
      taps.weight[static_cast<size_t>(t) * outputs + i] /= sum;
  }
  return taps;
}

Taps make_taps(const ResizeOptions& options, const AxisPlan& plan) {
  Taps taps = options.mode == ResizeMode::nearest ? nearest_taps(options, plan) : filter_taps(options, plan);
  if (options.coordinates != ResizeCoordinates::tf_crop_and_resize) return taps;
  for (int64_t i = 0; i < plan.to.size; ++i) {
    const float x = origin(options.coordinates, plan, i);
    taps.outside.push_back(x < 0 || x > static_cast<float>(plan.from - 1));
  }
  return taps;
}

// `values` along one axis, to broadcast against tensors of that rank.
at::Tensor along(const at::Tensor& values, int64_t axis, int64_t rank) {
  std::vector<int64_t> shape(static_cast<size_t>(rank), 1);
  shape[static_cast<size_t>(axis)] = values.numel();
  return values.reshape(shape);
}

at::Tensor apply(const at::Tensor& x, const Taps& taps, int64_t axis) {
  const at::Tensor places = at::tensor(taps.place, at::kLong).to(x.device());
  if (taps.weight.empty()) return at::index_select(x, axis, places);
  const at::Tensor weights = at::tensor(taps.weight, at::kFloat).to(x.device());
  at::Tensor y;
  for (int64_t t = 0; t < taps.taps; ++t) {
    const int64_t begin = t * taps.outputs;
    const at::Tensor term = at::index_select(x, axis, places.narrow(0, begin, taps.outputs)) *
                            along(weights.narrow(0, begin, taps.outputs), axis, x.dim());
    y = y.defined() ? y + term : term;
  }
  return y;
}

at::Tensor resize(const at::Tensor& input, const ResizeOptions& options, const std::vector<AxisPlan>& plans) {
  const at::ScalarType type = input.scalar_type();
  const bool blends = options.mode != ResizeMode::nearest;
  at::Tensor y = blends && !input.is_floating_point() ? input.to(at::kFloat) : input;
  at::Tensor outside;
  for (const AxisPlan& plan : plans) {
    if (!plan.changes()) continue;
    ensure(plan.from > 0 || plan.to.size == 0, "axis {} has no elements and cannot grow", plan.axis);
    if (plan.to.size == 0) {
      y = y.slice(plan.axis, 0, 0);
      continue;
    }
    const Taps taps = make_taps(options, plan);
    y = apply(y, taps, plan.axis);
    if (taps.outside.empty()) continue;
    std::vector<uint8_t> flags(taps.outside.begin(), taps.outside.end());
    const at::Tensor mask = along(at::tensor(flags, at::kByte).to(at::kBool).to(y.device()), plan.axis, y.dim());
    outside = outside.defined() ? at::logical_or(outside, mask) : mask;
  }
  if (outside.defined()) y = y.masked_fill(outside, options.extrapolation_value);
  return y.to(type);
}

std::vector<float> reals(const at::Tensor& tensor) {
  const at::Tensor flat = tensor.to(at::kFloat).cpu().contiguous();
  return {flat.data_ptr<float>(), flat.data_ptr<float>() + flat.numel()};
}

// Scales or sizes at these inputs; a crop's region at input 1.
Kernel resize_kernel(const ResizeOptions& options, size_t scales, size_t wanted) {
  return [=](Inputs in, const Mode&) -> Outputs {
    const at::Tensor& x = in[0];
    const std::vector<size_t> axes = take(resized_axes(options, static_cast<size_t>(x.dim())), "axes");
    std::vector<int64_t> sizes;
    for (const size_t axis : axes) sizes.push_back(x.size(static_cast<int64_t>(axis)));
    const bool by_size = present(in, wanted) && in[wanted].numel() != 0;
    ensure(by_size || present(in, scales), "Resize needs scales or sizes");
    const std::vector<ResizedAxis> resized =
        by_size ? take(resize_to_sizes(sizes, integers(in[wanted]), options.aspect), "sizes")
                : take(resize_by_scales(sizes, reals(in[scales])), "scales");
    std::vector<AxisPlan> plans;
    for (size_t i = 0; i < axes.size(); ++i) plans.push_back({static_cast<int64_t>(axes[i]), sizes[i], resized[i]});
    if (options.coordinates == ResizeCoordinates::tf_crop_and_resize) {
      const std::vector<float> region = present(in, 1) ? reals(in[1]) : std::vector<float>();
      ensure(region.size() == 2 * axes.size(), "a crop of {} axes has a region of {} numbers", axes.size(),
             region.size());
      for (const float bound : region) ensure(std::fabs(bound) < 1e9F, "a crop reaches to {} times an axis", bound);
      for (size_t i = 0; i < axes.size(); ++i) {
        plans[i].crop_start = region[i];
        plans[i].crop_end = region[axes.size() + i];
      }
    }
    return {resize(x, options, plans)};
  };
}

}  // namespace

Kernel prepare_resize(const Node& node) {
  return resize_kernel(take(read_resize(node.attributes), "attributes"), 2, 3);
}

Kernel prepare_upsample(const Node& node) {
  return resize_kernel(take(read_upsample(node.attributes), "attributes"), 1, 2);
}

}  // namespace pare::engine
