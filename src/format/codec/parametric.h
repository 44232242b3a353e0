// parametric: levels of tensors of some hundred elements, for which a table would cost more than it saves. They follow
// a bell (a power of Student's t density: from Cauchy to nearly Gaussian tails), of which the file has two bytes; the
// level that means 0 may have a probability of its own. Coded by a range coder (range_coder.h).
//
// Bit string: shape (2 bits), scale (6 bits), zeros (5 bits), gamma(shift + 1), gamma(zigzag(centre - zero) + 1), where
// zero is clamped to [low, high]; then, from a whole byte on, the range coder's bytes.
//
// With `zeros` > 0 (only for shift 0) a level first says whether it is zero, with zero_probability(zeros). All other
// levels are symbols u = floor((level - centre) / 2^shift) within 511 of 0, with the frequencies of bell_frequencies(),
// and `shift` plain bits; where [low, high] reaches further, an escape stands for the rest: level - low in the bits of
// high - low.
//
// Source of the density: Student, "The probable error of a mean", Biometrika 6 (1908).
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <span>

#include "format/bytes.h"
#include "format/codec/codec.h"

namespace pare {

struct Parametric {
  static constexpr int64_t kMostElements = 4096;  // larger tensors do better with codecs that learn
  static constexpr unsigned kBits = 16;           // of probabilities
  static constexpr int64_t kReach = 511;
  static constexpr size_t kMostSymbols = 2 * kReach + 2;
  static constexpr uint32_t kEscapeFrequency = 128;
  static constexpr unsigned kShapes = 4, kScales = 64, kZeros = 32, kMostShift = 31;

  unsigned shape = 0, scale = 0, zeros = 0, shift = 0;
  int64_t centre = 0;

  int64_t symbol_of(int64_t level) const { return (level - centre) >> shift; }
  // Symbols [first, last]; those outside are escapes.
  int64_t first(const TensorInfo& info) const { return std::max(-kReach, symbol_of(info.low)); }
  int64_t last(const TensorInfo& info) const { return std::min(kReach, symbol_of(info.high)); }
  bool escapes(const TensorInfo& info) const { return symbol_of(info.low) < -kReach || symbol_of(info.high) > kReach; }

  static constexpr uint32_t zero_probability(unsigned zeros) {
    return zeros <= 24 ? (zeros << kBits) / 26 : (1U << kBits) - (1U << kBits >> (zeros - 20));
  }
  // 2^30 (a / (a + 16 u^2))^p, at least 1, with a = 2, 3, 4, 6, 8, 12... by scale and p = 1, 2, 4, 16 by shape.
  static uint64_t bell(unsigned shape, unsigned scale, int64_t u) {
    const uint64_t a = uint64_t{2 + scale % 2} << (scale / 2);
    uint64_t f = (a << 30) / (a + 16 * static_cast<uint64_t>(u * u));
    for (unsigned squarings = shape == 3 ? 4 : shape; squarings > 0; --squarings) f = f * f >> 30;
    return std::max<uint64_t>(f, 1);
  }
};

// Where the range of each symbol starts, from 0 to 2^16: symbol i is first + i, the one after the last is the escape.
struct ParametricTable {
  std::array<uint32_t, Parametric::kMostSymbols + 1> starts{};
  size_t symbols = 0;  // with the escape

  // 1 + floor(bell * (2^16 - escape - symbols) / sum) for each symbol but `skipped` (which gets 0); what is left goes
  // to the first of the largest.
  ParametricTable(const Parametric& p, const TensorInfo& info, int64_t skipped) {
    const int64_t first = p.first(info), last = p.last(info);
    std::array<uint64_t, Parametric::kMostSymbols> bells{};
    uint64_t sum = 0, present = 0;
    size_t largest = 0;
    for (int64_t u = first; u <= last; ++u) {
      const auto i = static_cast<size_t>(u - first);
      if (u == skipped) continue;
      bells[i] = Parametric::bell(p.shape, p.scale, u);
      sum += bells[i];
      ++present;
      if (bells[i] > bells[largest]) largest = i;
    }
    const uint64_t escape = p.escapes(info) ? Parametric::kEscapeFrequency : 0;
    const uint64_t shared = (uint64_t{1} << Parametric::kBits) - escape - present;
    symbols = static_cast<size_t>(last - first + 1);
    std::array<uint64_t, Parametric::kMostSymbols> frequencies{};
    uint64_t left = shared;
    for (size_t i = 0; i < symbols; ++i) {
      if (bells[i] == 0) continue;
      const uint64_t more = bells[i] * shared / sum;
      frequencies[i] = 1 + more;
      left -= more;
    }
    frequencies[largest] += left;
    if (escape != 0) frequencies[symbols++] = escape;
    for (size_t i = 0; i < symbols; ++i) starts[i + 1] = starts[i] + static_cast<uint32_t>(frequencies[i]);
  }
};
// A symbol that no level is.
inline constexpr int64_t kNoSymbol = INT64_MAX;

}  // namespace pare
