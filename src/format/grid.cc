#include "format/grid.h"

#include <algorithm>
#include <bit>
#include <cmath>

namespace pare {

namespace {

// Number of scales that `shape` asks for; nothing when axis or block do not fit it.
struct ScaleLayout {
  int64_t channels = 1, blocks = 1;            // scales are [channels][blocks]
  int64_t channel_stride = 0;                  // elements per step along `axis`
  int64_t block_extent = 1, block_stride = 1;  // size of and elements per step along the axis after it
};

std::optional<ScaleLayout> layout_of(const Grid& grid, const Shape& shape) {
  ScaleLayout l;
  const auto rank = static_cast<int64_t>(shape.size());
  if (grid.axis < -1 || grid.axis >= rank || grid.block < 0) return std::nullopt;
  auto stride_of = [&](int64_t axis) {
    int64_t stride = 1;
    for (int64_t i = axis + 1; i < rank; ++i) stride *= shape[static_cast<size_t>(i)];
    return stride;
  };
  if (grid.axis >= 0) {
    l.channels = shape[static_cast<size_t>(grid.axis)];
    l.channel_stride = stride_of(grid.axis);
  }
  if (grid.block > 0) {
    const int64_t along = grid.axis + 1;
    if (along >= rank) return std::nullopt;
    l.block_extent = shape[static_cast<size_t>(along)];
    l.block_stride = stride_of(along);
    l.blocks = l.block_extent / grid.block + (l.block_extent % grid.block != 0);
  }
  return l;
}

bool all_finite(const std::vector<float>& values) {
  return std::all_of(values.begin(), values.end(), [](float v) { return std::isfinite(v); });
}

float power_of_two_value(int64_t level, float scale) {
  if (level == 0) return 0.0F;
  const int64_t exponent = std::max<int64_t>(1 - std::abs(level), -1000);
  const float value = std::ldexp(scale, static_cast<int>(exponent));
  return level < 0 ? -value : value;
}

}  // namespace

int64_t Grid::lowest() const { return kind == GridKind::codebook || !is_signed ? 0 : -(int64_t{1} << (bits - 1)); }

int64_t Grid::highest() const {
  if (kind == GridKind::codebook) return static_cast<int64_t>(codebook.size()) / std::max(dim, 1) - 1;
  const int64_t top = (int64_t{1} << (is_signed ? bits - 1 : bits)) - 1;
  return std::min<int64_t>(top, INT32_MAX);  // levels are i32
}

std::optional<int64_t> scale_count(const Grid& grid, const Shape& shape) {
  const auto layout = layout_of(grid, shape);
  return layout ? checked_mul(layout->channels, layout->blocks) : std::nullopt;
}

Status check(const Grid& grid, const Shape& shape) {
  if (grid.kind > GridKind::power_of_two) return {Code::unsupported, "unknown kind of grid"};
  if (grid.bits < 1 || grid.bits > 32) return {Code::invalid, "bits of a grid must be 1 to 32"};
  if (!element_count(shape)) return {Code::limit, "tensor too large"};
  if (grid.kind == GridKind::codebook) {
    if (grid.dim < 1) return {Code::invalid, "dim of a codebook must be positive"};
    if (grid.codebook.empty() || grid.codebook.size() % static_cast<size_t>(grid.dim) != 0)
      return {Code::invalid, "size of a codebook must be a positive multiple of its dim"};
    if (grid.highest() >= int64_t{1} << std::min<int>(grid.bits, 31))
      return {Code::invalid, "codebook has more entries than its bits can say"};
    if (!all_finite(grid.codebook)) return {Code::invalid, "codebook has a value that is not finite"};
    if (!grid.scale.empty() || !grid.zero_point.empty() || grid.axis != -1 || grid.block != 0)
      return {Code::invalid, "a codebook has no scales"};
    if (grid.dim > 1 && (shape.empty() || shape.back() % grid.dim != 0))
      return {Code::invalid, "dim of a codebook must divide the last axis"};
    return {};
  }
  if (!grid.codebook.empty() || grid.dim != 1) return {Code::invalid, "only a codebook grid has a codebook"};
  const auto scales = scale_count(grid, shape);
  if (!scales) return {Code::invalid, "axis or block of a grid does not fit the tensor"};
  if (static_cast<uint64_t>(*scales) != grid.scale.size()) return {Code::invalid, "wrong number of scales"};
  if (!grid.zero_point.empty() && (grid.kind != GridKind::affine || grid.zero_point.size() != grid.scale.size()))
    return {Code::invalid, "wrong number of zero points"};
  if (!all_finite(grid.scale)) return {Code::invalid, "a scale is not finite"};
  return {};
}

std::optional<int32_t> zero_level(const Grid& grid) {
  if (grid.kind == GridKind::power_of_two) return 0;
  if (grid.kind == GridKind::codebook) {
    const auto dim = static_cast<size_t>(std::max(grid.dim, 1));
    for (size_t e = 0; (e + 1) * dim <= grid.codebook.size(); ++e) {
      const auto first = grid.codebook.begin() + static_cast<std::ptrdiff_t>(e * dim);
      if (std::all_of(first, first + static_cast<std::ptrdiff_t>(dim), [](float v) { return v == 0.0F; }))
        return static_cast<int32_t>(e);
    }
    return std::nullopt;
  }
  const int32_t zero = grid.zero_point.empty() ? 0 : grid.zero_point.front();
  const bool same = std::all_of(grid.zero_point.begin(), grid.zero_point.end(), [&](int32_t z) { return z == zero; });
  if (!same || zero < grid.lowest() || zero > grid.highest()) return std::nullopt;
  return zero;
}

Result<Tensor> dequantize(const Grid& grid, const Tensor& levels, const Shape& shape) {
  PARE_TRY(check(grid, shape));
  Shape expected = shape;
  if (grid.dim > 1) expected.back() /= grid.dim;
  if (levels.dtype() != DType::i32 || levels.shape() != expected)
    return Status{Code::invalid, "levels do not fit the tensor"};
  const auto in = levels.view<int32_t>();
  const int64_t low = grid.lowest(), high = grid.highest();
  for (size_t i = 0; i < in.size(); ++i)
    if (in[i] < low || in[i] > high) return Status{Code::corrupt, "a level is outside of its grid", i};

  Tensor result(DType::f32, shape);
  auto out = result.edit<float>();
  if (grid.kind == GridKind::codebook) {
    const auto dim = static_cast<size_t>(grid.dim);
    for (size_t i = 0; i < in.size(); ++i)
      std::copy_n(grid.codebook.data() + static_cast<size_t>(in[i]) * dim, dim, out.data() + i * dim);
    return result;
  }
  const ScaleLayout l = *layout_of(grid, shape);
  for (size_t i = 0; i < in.size(); ++i) {
    const auto at = static_cast<int64_t>(i);
    int64_t s = grid.axis < 0 ? 0 : at / l.channel_stride % l.channels;
    if (grid.block > 0) s = s * l.blocks + at / l.block_stride % l.block_extent / grid.block;
    const auto k = static_cast<size_t>(s);
    if (grid.kind == GridKind::affine) {
      const int64_t zero = grid.zero_point.empty() ? 0 : grid.zero_point[k];
      out[i] = static_cast<float>(int64_t{in[i]} - zero) * grid.scale[k];
    } else {
      out[i] = power_of_two_value(in[i], grid.scale[k]);
    }
  }
  return result;
}

size_t BitMask::kept() const {
  size_t count = 0;
  for (uint64_t word : words_) count += static_cast<size_t>(std::popcount(word));
  return count;
}

}  // namespace pare
