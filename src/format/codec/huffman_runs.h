// huffman_runs: pairs (run of background elements, next other element), as Deep Compression stores sparse layers, with
// Huffman codes of runs and of elements. Instead of filler zeros, long runs take extra bits (value_code.h).
//
// Payload: gamma(pairs + 1); nothing else follows for 0 pairs but the background. For levels gamma(background - low +
// 1); for bytes the background is the element whose bytes are all 0. Then one bit `transposed` (elements are visited
// with the first axis fastest; else row-major), 2 bits contexts - 1, a 5-bit threshold per context but the first
// (rising), a description of the run code of each context, a description of the code of each component (levels: one,
// level - low; bytes: one per byte of an element), and the pairs: run, then components. What is left after the last
// pair is background. The context of a run is how many thresholds are <= bits(a), a being a running average of earlier
// runs: at first 0, after a run r: a = (3 a + 16 r) / 4 in whole numbers, with r capped at 2^26 - 1. Sparse and crowded
// regions so get codes of their own.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>

#include "format/codec/codec.h"

namespace pare {

inline constexpr unsigned kMostRunContexts = 4;
inline constexpr unsigned kRunBuckets = 32;  // values of bits(average)
// Runs and positions must fit 32 bits.
inline constexpr uint64_t kMostRunElements = uint64_t{1} << 32;

class RunAverage {
 public:
  unsigned bucket() const { return static_cast<unsigned>(std::bit_width(average_)); }
  void add(uint32_t run) {
    const uint64_t capped = std::min<uint32_t>(run, (1U << 26) - 1);
    average_ = static_cast<uint32_t>((3 * uint64_t{average_} + 16 * capped) / 4);
  }

 private:
  uint32_t average_ = 0;
};

// Maps the order of visiting to row-major indices.
class RunOrder {
 public:
  RunOrder(const Shape& shape, bool transposed, uint64_t count)
      : rows_(transposed && shape.size() > 1 && count > 0 ? static_cast<uint64_t>(shape[0]) : 1),
        columns_(count / rows_) {}
  uint64_t rows() const { return rows_; }
  uint64_t columns() const { return columns_; }
  uint64_t index(uint64_t position) const {
    return rows_ == 1 ? position : position % rows_ * columns_ + position / rows_;
  }

 private:
  uint64_t rows_, columns_;
};

}  // namespace pare
