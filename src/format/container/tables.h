// The lists of a tensor's grid (codebook, scales, zero points) as a bit string of their own: numbers that share an
// exponent or a range, that rise or that are all the same take fewer bits than 32. docs/formats.md, section 4.1.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "format/grid.h"
#include "format/status.h"

namespace pare {

enum class NumberKind : uint8_t {
  plain = 0,     // 32 bits each, as they are
  integers = 1,  // value = number * 2^(exponent - kExponentBias)
  ordered = 2,   // bit patterns as numbers in the order of the values, less the low bits that are 0 in all of them
};
enum class Sequence : uint8_t {
  same = 0,   // all numbers are the first
  range = 1,  // least number, then what is above it in a fixed number of bits
  steps = 2,  // first number, then signed differences
  rises = 3,  // first number, then differences that are not negative
};
inline constexpr int kExponentBias = 149;  // 2^-149 is the least f32

// The pattern of an f32 as an integer that rises with the value; -0 has none of its own.
constexpr int64_t ordered_of(uint32_t bits) {
  const auto magnitude = static_cast<int64_t>(bits & 0x7FFFFFFFU);
  return bits >> 31 != 0 ? -magnitude : magnitude;
}

// Fills the lists of `grid`, whose sizes are set; all of `in` is used.
Status decode_tables(std::span<const std::byte> in, Grid& grid);
std::vector<std::byte> encode_tables(const Grid& grid);  // not part of the runtime

}  // namespace pare
