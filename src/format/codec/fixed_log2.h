// Logarithms for encoders that compare sizes: integers only, so that every machine takes the same decisions.
#pragma once

#include <array>
#include <bit>
#include <cstdint>

namespace pare {

inline constexpr unsigned kLogIndexBits = 9;
inline constexpr auto kLogTable = [] {  // log2(1 + i / 512) in 1/65536 bits, by squaring
  std::array<uint32_t, (1U << kLogIndexBits) + 1> table{};
  for (size_t i = 0; i < table.size(); ++i) {
    uint64_t x = (uint64_t{1} << 31) + (uint64_t{i} << (31 - kLogIndexBits));  // 1.0 is 2^31
    uint32_t log = 0;
    if (x >> 32 != 0) {
      log = 1U << 16;
    } else {
      for (unsigned bit = 16; bit-- > 0;) {
        x = (x * x) >> 31;
        if (x >> 32 != 0) {
          x >>= 1;
          log |= 1U << bit;
        }
      }
    }
    table[i] = log;
  }
  return table;
}();

// log2(value) in 1/65536 bits, to within a millionth of a bit or two below; value >= 1.
inline uint64_t fixed_log2(uint64_t value) {
  const auto whole = static_cast<unsigned>(std::bit_width(value)) - 1;
  const uint64_t fraction = value << (63 - whole) << 1;  // of 2^64
  const auto index = static_cast<size_t>(fraction >> (64 - kLogIndexBits));
  const uint64_t between = (fraction << kLogIndexBits) >> 48;  // of 2^16
  return (uint64_t{whole} << 16) + kLogTable[index] + ((kLogTable[index + 1] - kLogTable[index]) * between >> 16);
}

}  // namespace pare
