#include "format/ops/resize.h"

#include <cmath>
#include <numeric>

namespace pare {

// The place of `text` in `names`, whose order is that of the enumeration.
template <class E, size_t N>
static std::optional<E> resize_choice(const std::string& text, const std::string_view (&names)[N]) {
  for (size_t i = 0; i < N; ++i)
    if (text == names[i]) return static_cast<E>(i);
  return std::nullopt;
}

Result<ResizeOptions> read_resize(const Attributes& attributes) {
  static constexpr std::string_view modes[] = {"nearest", "linear", "cubic"};
  static constexpr std::string_view coordinates[] = {"half_pixel",    "half_pixel_symmetric", "pytorch_half_pixel",
                                                     "align_corners", "asymmetric",           "tf_crop_and_resize"};
  static constexpr std::string_view roundings[] = {"round_prefer_floor", "round_prefer_ceil", "floor", "ceil"};
  static constexpr std::string_view aspects[] = {"stretch", "not_larger", "not_smaller"};
  const auto mode = resize_choice<ResizeMode>(attributes.text("mode", modes[0]), modes);
  const auto place =
      resize_choice<ResizeCoordinates>(attributes.text("coordinate_transformation_mode", coordinates[0]), coordinates);
  const auto rounding = resize_choice<ResizeRounding>(attributes.text("nearest_mode", roundings[0]), roundings);
  const auto aspect = resize_choice<ResizeAspect>(attributes.text("keep_aspect_ratio_policy", aspects[0]), aspects);
  if (!mode) return rules::invalid("Resize has an unknown mode");
  if (!place) return rules::invalid("Resize has an unknown coordinate_transformation_mode");
  if (!rounding) return rules::invalid("Resize has an unknown nearest_mode");
  if (!aspect) return rules::invalid("Resize has an unknown keep_aspect_ratio_policy");
  ResizeOptions options;
  options.mode = *mode;
  options.coordinates = *place;
  options.rounding = *rounding;
  options.aspect = *aspect;
  options.antialias = attributes.integer("antialias", 0) != 0;
  options.exclude_outside = attributes.integer("exclude_outside", 0) != 0;
  options.cubic_coeff_a = attributes.real("cubic_coeff_a", options.cubic_coeff_a);
  options.extrapolation_value = attributes.real("extrapolation_value", options.extrapolation_value);
  if (attributes.has("axes")) options.axes = attributes.integers("axes");
  return options;
}

Result<ResizeOptions> read_upsample(const Attributes& attributes) {
  const std::string mode = attributes.text("mode", "nearest");
  if (mode != "nearest" && mode != "linear") return rules::invalid("Upsample has an unknown mode");
  ResizeOptions options;
  options.mode = mode == "nearest" ? ResizeMode::nearest : ResizeMode::linear;
  options.coordinates = ResizeCoordinates::asymmetric;
  options.rounding = ResizeRounding::floor;
  return options;
}

Result<std::vector<size_t>> resized_axes(const ResizeOptions& options, size_t rank) {
  std::vector<size_t> axes;
  if (!options.axes) {
    axes.resize(rank);
    std::iota(axes.begin(), axes.end(), size_t{0});
    return axes;
  }
  PARE_TRY(rules::mark_axes(*options.axes, rank).status());
  for (const int64_t axis : *options.axes) {
    PARE_ASSIGN(const size_t i, rules::normalize_axis(axis, rank));
    axes.push_back(i);
  }
  return axes;
}

// Beyond this no tensor goes, and f32 and i64 agree on what is below.
static constexpr float kMostResized = 4e18F;

Result<std::vector<ResizedAxis>> resize_by_scales(std::span<const int64_t> sizes, std::span<const float> scales) {
  if (scales.size() != sizes.size()) return rules::invalid("Resize needs one scale per axis");
  std::vector<ResizedAxis> resized;
  for (size_t i = 0; i < sizes.size(); ++i) {
    if (!(scales[i] > 0) || !std::isfinite(scales[i])) return rules::invalid("a scale must be positive", i);
    const float size = std::floor(static_cast<float>(sizes[i]) * scales[i]);
    if (!(size >= 0 && size < kMostResized)) return rules::invalid("too many elements", i);
    resized.push_back({scales[i], static_cast<int64_t>(size)});
  }
  return resized;
}

Result<std::vector<ResizedAxis>> resize_to_sizes(std::span<const int64_t> sizes, std::span<const int64_t> wanted,
                                                 ResizeAspect aspect) {
  if (wanted.size() != sizes.size()) return rules::invalid("Resize needs one size per axis");
  std::vector<ResizedAxis> resized;
  for (size_t i = 0; i < sizes.size(); ++i) {
    if (wanted[i] < 0) return rules::invalid("a size is negative", i);
    if (sizes[i] == 0 && (wanted[i] != 0 || aspect != ResizeAspect::stretch))
      return rules::invalid("an axis without elements cannot grow", i);
    const float scale = sizes[i] == 0 ? 1 : static_cast<float>(wanted[i]) / static_cast<float>(sizes[i]);
    resized.push_back({scale, wanted[i]});
  }
  if (aspect == ResizeAspect::stretch || resized.empty()) return resized;
  // One scale for all, the smallest or the largest; sizes round half up.
  float shared = resized[0].scale;
  for (const ResizedAxis& axis : resized)
    shared = aspect == ResizeAspect::not_larger ? std::min(shared, axis.scale) : std::max(shared, axis.scale);
  for (size_t i = 0; i < sizes.size(); ++i) {
    const float size = std::floor(static_cast<float>(sizes[i]) * shared + 0.5F);
    if (!(size >= 0 && size < kMostResized)) return rules::invalid("too many elements", i);
    resized[i] = {shared, static_cast<int64_t>(size)};
  }
  return resized;
}

// A list that is there and is not known to be empty: opset 11 had no other way to leave one out.
static bool is_given(const InferContext& context, size_t i) {
  return context.has(i) && rules::list_length(context, i) != 0;
}

// A dimension times a scale, where the dimension is a symbol.
static Dim scaled_symbol(Dim dim, float scale, Symbols& symbols) {
  if (scale == 1) return dim;
  const bool whole = scale == std::floor(scale) && scale <= static_cast<float>(INT32_MAX);
  return whole ? multiply(dim, static_cast<int64_t>(scale), symbols) : Dim(1, symbols.fresh());
}

Status infer_resized(InferContext& context, const ResizeOptions& options, size_t scales, size_t wanted) {
  const TensorFacts& x = context.in(0);
  const bool has_scales = is_given(context, scales), has_wanted = is_given(context, wanted);
  if (!has_scales && !has_wanted) return rules::invalid("Resize needs scales or sizes");
  if (!x.dims) return rules::give(context, 0, x.dtype, std::nullopt);
  Dims dims = *x.dims;
  PARE_ASSIGN(const std::vector<size_t> axes, resized_axes(options, dims.size()));
  const std::optional<int64_t> given = rules::list_length(context, has_wanted ? wanted : scales);
  if (given && *given != static_cast<int64_t>(axes.size()))
    return rules::invalid("Resize needs one scale or one size per axis", has_wanted ? wanted : scales);

  const std::optional<Dims> sizes = has_wanted ? context.in(wanted).value : std::nullopt;
  const std::optional<std::vector<float>> factors = has_wanted ? std::nullopt : context.in(scales).reals;
  if ((sizes && sizes->size() != axes.size()) || (factors && factors->size() != axes.size()))
    return rules::invalid("Resize needs one scale or one size per axis", has_wanted ? wanted : scales);

  if (sizes && options.aspect != ResizeAspect::stretch) {
    Dims old;
    for (const size_t axis : axes) old.push_back(dims[axis]);
    const std::optional<Shape> from = known_shape(old), to = known_shape(*sizes);
    if (from && to) {
      PARE_ASSIGN(const std::vector<ResizedAxis> resized, resize_to_sizes(*from, *to, options.aspect));
      for (size_t i = 0; i < axes.size(); ++i) dims[axes[i]] = resized[i].size;
      return rules::give(context, 0, x.dtype, std::move(dims));
    }
  }
  const bool stretches = options.aspect == ResizeAspect::stretch;
  for (size_t i = 0; i < axes.size(); ++i) {
    Dim& dim = dims[axes[i]];
    if (sizes && stretches) {
      if (dim.known() && (*sizes)[i].known()) {
        const int64_t from = dim.factor, to = (*sizes)[i].factor;
        PARE_TRY(resize_to_sizes({&from, 1}, {&to, 1}, ResizeAspect::stretch).status());
      }
      dim = (*sizes)[i];
    } else if (factors) {
      const int64_t from = dim.factor;
      PARE_ASSIGN(const std::vector<ResizedAxis> one, resize_by_scales({&from, 1}, {&(*factors)[i], 1}));
      dim = dim.known() ? Dim(one[0].size) : scaled_symbol(dim, (*factors)[i], context.symbols);
    } else {
      dim = Dim(1, context.symbols.fresh());
    }
  }
  return rules::give(context, 0, x.dtype, std::move(dims));
}

// X, roi (what tf_crop_and_resize cuts out), scales, sizes: one of the last two.
Status infer_resize(InferContext& context) {
  PARE_TRY(rules::need_inputs(context, 1));
  PARE_TRY(rules::need_type(context, 1, is_float));
  PARE_TRY(rules::need_type(context, 2, is_float));
  PARE_TRY(rules::need_type(context, 3, rules::is_index));
  PARE_ASSIGN(const ResizeOptions options, read_resize(context.attributes));
  if (options.coordinates == ResizeCoordinates::tf_crop_and_resize && !context.has(1))
    return rules::invalid("a crop needs a region", 1);
  return infer_resized(context, options, 2, 3);
}

}  // namespace pare
