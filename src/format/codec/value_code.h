// How the Huffman codecs write one sequence of unsigned integers. A value becomes a token, which gets a canonical
// prefix code, and some plain extra bits:
//   value < 2^split: token = value, no extra bits
//   else, with n = floor(log2 value):  token = 2^split + (n - split) * 2^top + (the `top` bits of value below its
//   highest),
//         and the other n - top bits are plain
// A small `split` keeps the table of a small tensor cheap, a large one makes every value a symbol of its own.
//
// In the file: gamma(tokens + 1), tokens being one more than the highest token used; nothing follows for 0 (an empty
// sequence). Then split (4 bits), top (3 bits, <= split), one bit `single`: 1 says that all values have the token
// tokens - 1, which then takes no bits. Else the code length of each token, `last` starting as min(15, bits of tokens):
//   0 same as `last` | 100 last + 1 | 101 last - 1 | 110 gamma(k): k tokens that do not occur | 111 llll the length
//   itself
// `last` is the latest length that was not 0. Lengths are 1 to 15, the code is complete (Kraft sum 1), and codes are
// given in order of (length, token). Non-goal: adapting to the data within a tensor; that is for another codec.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <vector>

#include "format/bits.h"
#include "format/status.h"

namespace pare {

inline constexpr unsigned kMaxCodeLength = 15;

struct TokenShape {
  unsigned split = 0, top = 0;
};
struct Token {
  uint32_t token = 0, extra = 0;
  unsigned extra_bits = 0;
};
inline Token tokenize(TokenShape shape, uint32_t value) {
  if (value >> shape.split == 0) return {value, 0, 0};
  const auto n = static_cast<unsigned>(std::bit_width(value)) - 1;
  const unsigned plain = n - shape.top;
  const uint32_t top = (value >> plain) & ((1U << shape.top) - 1);
  return {(1U << shape.split) + ((n - shape.split) << shape.top) + top, value & ((1U << plain) - 1), plain};
}
inline unsigned first_length_guess(uint32_t tokens) {
  return std::min(kMaxCodeLength, static_cast<unsigned>(std::bit_width(tokens)));
}

class ValueDecoder {
 public:
  // Reads the description; `needed`: values will be read, so the sequence must not be empty. After it, next() cannot
  // fail: what is missing in `bits` reads as zeros and shows in bits.overrun().
  Status read(BitReader& bits, bool needed);
  uint32_t next(BitReader& bits) const {
    const uint32_t token = single_ ? tokens_ - 1 : next_token(bits);
    if (token >> shape_.split == 0) return token;
    const uint32_t above = token - (1U << shape_.split);
    const unsigned plain = shape_.split + (above >> shape_.top) - shape_.top;
    const uint32_t lead = (1U << shape_.top) | (above & ((1U << shape_.top) - 1));
    return lead << plain | bits.take(plain);
  }

 private:
  static constexpr unsigned kFastBits = 10;
  struct Fast {
    uint16_t token;
    uint8_t length;  // 0: longer than the table's index
  };
  uint32_t next_token(BitReader& bits) const;
  Status read_lengths(BitReader& bits, std::vector<uint8_t>& lengths) const;
  void build(const std::vector<uint8_t>& lengths);

  TokenShape shape_;
  uint32_t tokens_ = 0;
  bool single_ = false;
  unsigned fast_bits_ = 0;
  std::vector<Fast> fast_;
  std::vector<uint16_t> sorted_;  // tokens in order of (length, token)
  std::array<uint32_t, kMaxCodeLength + 2> first_code_{}, first_index_{};
};

}  // namespace pare
