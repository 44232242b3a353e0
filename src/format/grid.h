// On which values a tensor's elements may lie, and which of them were removed: what compression decides about a tensor.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "format/status.h"
#include "format/tensor.h"

namespace pare {

enum class GridKind : uint8_t { affine = 0, codebook = 1, power_of_two = 2 };

// affine:        value = (level - zero_point[c]) * scale[c], c the index along `axis` (or 0 when axis < 0)
// codebook:      value = codebook[level] (dim 1), or a run of `dim` consecutive elements along the last axis (dim > 1)
// power_of_two:  level 0 is 0; else value = sign(level) * scale[c] * 2^(1 - |level|)
// block > 0: one scale per `block` consecutive elements along the axis after `axis` (group-wise 4-bit weights); 0:
// none.
struct Grid {
  GridKind kind = GridKind::affine;
  uint8_t bits = 8;  // 1..32: levels fit this many bits, signed or not
  bool is_signed = true;
  int32_t axis = -1;
  int32_t block = 0;
  std::vector<float> scale;
  std::vector<int32_t> zero_point;  // empty: all zero
  std::vector<float> codebook;      // entries * dim values
  int32_t dim = 1;

  int64_t lowest() const;   // smallest level that fits
  int64_t highest() const;  // largest level that fits; for a codebook, entries - 1
  friend bool operator==(const Grid&, const Grid&) = default;
};

// How many scales a grid that has them needs for a tensor of this shape; nothing when axis or block do not fit it.
std::optional<int64_t> scale_count(const Grid& grid, const Shape& shape);
// Consistency of the grid itself against a tensor's shape: counts of scales, ranges, finite values.
Status check(const Grid& grid, const Shape& shape);
// Level that dequantizes to exactly 0 at every element, when there is one.
std::optional<int32_t> zero_level(const Grid& grid);
// levels: i32, in range. Writes f32 values of `shape`; levels has that shape (codebook dim > 1: last axis / dim).
Result<Tensor> dequantize(const Grid& grid, const Tensor& levels, const Shape& shape);

// One bit per element; 1 = kept.
class BitMask {
 public:
  BitMask() = default;
  explicit BitMask(size_t size, bool kept = true) : size_(size), words_((size + 63) / 64, kept ? ~uint64_t{0} : 0) {
    trim();
  }
  size_t size() const { return size_; }
  bool operator[](size_t i) const { return (words_[i / 64] >> (i % 64)) & 1; }
  void set(size_t i, bool kept) {
    const uint64_t bit = uint64_t{1} << (i % 64);
    words_[i / 64] = kept ? (words_[i / 64] | bit) : (words_[i / 64] & ~bit);
  }
  size_t kept() const;  // number of ones
  const std::vector<uint64_t>& words() const { return words_; }
  std::vector<uint64_t>& words() { return words_; }
  friend bool operator==(const BitMask&, const BitMask&) = default;

 private:
  void trim() {
    if (size_ % 64) words_.back() &= (uint64_t{1} << (size_ % 64)) - 1;
  }
  size_t size_ = 0;
  std::vector<uint64_t> words_;
};

// Codecs of src/format/codec/codec_list.def; the number is written into files: append only.
using CodecId = uint8_t;

// Everything decided about a constant. Invariants (core/verify.cc):
//  grid set  <=> levels set; the float constant equals dequantize(grid, levels) bit for bit
//  mask set   => constant is exactly 0 (and so is the dequantized level) wherever the mask is 0
struct Encoding {
  std::optional<Grid> grid;
  std::optional<Tensor> levels;  // i32
  std::optional<BitMask> mask;
  std::optional<CodecId> codec;  // wanted codec; none: the smallest estimate wins

  bool empty() const { return !grid && !levels && !mask && !codec; }
};

}  // namespace pare
