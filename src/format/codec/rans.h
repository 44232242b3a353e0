// rans: interleaved asymmetric numeral systems (Duda, arXiv 0902.0271 and 1311.2540) over static
// tables, one for each class of an element's already decoded neighbourhood. Levels only.
//
// The tensor is seen as a matrix whose rows are dealt to `lanes` states, a group of `lanes` rows at a time, column by
// column: neighbours in the row and in the group above are then known, in order, for all lanes at once, which is what
// SIMD needs. A weighted sum of the neighbours' magnitudes predicts the scale of an element and one of their values its
// mean; thresholds turn both into a class. Each class has a table of frequencies that follows from a few slopes
// (an exponential family over zero, |s|, s^2, s and the sign), upon a histogram where the tensor's is not smooth.
// Everything a decoder computes is in integers; docs/formats.md, section 5.5, has every step.
// symbol_rans.h is the other rANS here: wide states for scalar code, renormalized once in two symbols.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <vector>

#include "format/bits.h"
#include "format/bytes.h"
#include "format/codec/codec.h"

namespace pare {

inline constexpr unsigned kRansSlotBits = 12;
inline constexpr uint32_t kRansSlots = 1U << kRansSlotBits;
inline constexpr uint32_t kRansLowestState = 1U << 16;
inline constexpr unsigned kRansMostLanes = 32;
inline constexpr unsigned kRansMostTaps = 12;
inline constexpr unsigned kRansMostMeans = 4;
inline constexpr uint32_t kRansMostSymbols = 255;  // coded directly; index 255 of a table is the escape
inline constexpr uint32_t kRansEscape = 255;
inline constexpr int32_t kRansFarthest = 255;       // what neighbours see of symbols that are farther from 0
inline constexpr unsigned kRansMostPlainBits = 25;  // with 255 symbols, enough for levels of 32 bits
inline constexpr uint32_t kRansConstantForm = 7;    // the field `form` of a payload whose elements are all equal
inline constexpr unsigned kRansSlopes = 5;          // of |s| = 0, |s|, s^2, s, sign of s
inline constexpr int32_t kRansMostSlope = 4095;
inline constexpr int32_t kRansAbsent = -1;  // in a histogram: a symbol without a slot
inline constexpr int32_t kRansMostEnergy = 4095;
inline constexpr int32_t kRansMostMissing = 4095;
inline constexpr int32_t kRansMostConstant = 1 << 20;
inline constexpr unsigned kRansLevelThresholds = 80;
// An element whose predicted mean is more than so many sixteenths of its predicted scale is in the next class of means.
inline constexpr std::array<std::array<int32_t, kRansMostMeans - 1>, kRansMostMeans> kRansMeanThresholds = {
    {{0, 0, 0}, {10, 0, 0}, {3, 10, 0}, {3, 10, 19}}};

// Thresholds of the scale: four to the octave.
constexpr int32_t rans_scale_threshold(unsigned index) { return static_cast<int32_t>((4 + index % 4) << (index / 4)); }

// A neighbour: `columns` to the left, in the same row or in the row of the same lane in the group above.
struct RansTap {
  bool above = false;
  int32_t columns = 0;
  int32_t magnitude_weight = 0;  // 0 to 63, in 1/64
  int32_t value_weight = 0;      // -63 to 63, in 1/64
};

struct RansRecipe {
  uint32_t lanes = 1;
  // level = clamp(zero, low, high) + centre + (symbol << plain_bits) + plain bits
  int64_t centre = 0;
  unsigned plain_bits = 0;
  int32_t lowest = 0, highest = 0;  // symbols with slots of their own; lowest <= 0 <= highest
  bool escapes = false;

  bool contexts = false;
  // The matrix: the first `row_axes` axes are its rows; transposed: its columns.
  unsigned row_axes = 1;
  bool transposed = false;
  std::vector<RansTap> taps;
  int32_t row_weight = 0, column_weight = 0;  // 0 to 127, in 1/64
  int32_t constant = 0;                       // in 1/1024
  int32_t missing = 0;                        // magnitude of neighbours outside of the matrix, in 1/16
  std::vector<uint8_t> scale_thresholds;      // rising; one scale more than thresholds
  unsigned means = 1;

  unsigned unit = 0;                                     // log2 of the magnitude in which slopes are measured
  bool histogram = false;                                // else all base energies are 0
  unsigned energy_precision = 0;                         // log2 of the units per bit
  std::vector<int32_t> energies;                         // of lowest..highest
  std::vector<std::array<int32_t, kRansSlopes>> slopes;  // [scale][mean], in 1/16 bit

  unsigned scales() const { return static_cast<unsigned>(scale_thresholds.size()) + 1; }
  unsigned classes() const { return scales() * means; }
  uint32_t symbols() const { return static_cast<uint32_t>(highest - lowest + 1); }
};

// What a class gives each symbol - lowest, and the escape: slots out of kRansSlots, 0 for those it cannot code.
using RansFrequencies = std::array<uint16_t, kRansMostSymbols + 1>;
RansFrequencies rans_frequencies(const RansRecipe& recipe, unsigned index);

// The level that the symbol 0 stands for, but for `centre`.
inline int64_t rans_zero(const TensorInfo& info) { return std::clamp(info.zero, info.low, info.high); }

// Signed numbers near 0, as Elias gamma of what is above an order that follows the numbers seen so far, and that many
// plain bits (the adaptation of Golomb codes in JPEG-LS, ITU-T T.87).
class RansNumbers {
 public:
  void put(BitWriter& out, int64_t value) {
    const uint64_t v = zigzag(value);
    const unsigned k = order();
    out.put_gamma((v >> k) + 1);
    out.put(static_cast<uint32_t>(v), k);
    add(v);
  }
  int64_t take(BitReader& in) {
    const unsigned k = order();
    const uint64_t above = (in.take_gamma() - 1) & 0xFFFFFF;  // no number is so large; the range is checked later
    const uint64_t v = above << k | in.take(k);
    add(v);
    return unzigzag(v);
  }

 private:
  unsigned order() const {
    unsigned k = 0;
    while (k < 16 && (count_ << k) < sum_) ++k;
    return k;
  }
  void add(uint64_t v) {
    sum_ += v > 0xFFFF ? 0xFFFF : static_cast<uint32_t>(v);
    if (++count_ == 16) {
      sum_ /= 2;
      count_ = 8;
    }
  }
  uint32_t sum_ = 4, count_ = 1;
};

}  // namespace pare
