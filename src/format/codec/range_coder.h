// Range coding of symbols with given frequencies, a byte at a time: G. N. N. Martin, "Range encoding: an algorithm for
// removing redundancy from a digitised message" (1979). The decoder; the encoder is in range_encode.h.
//
// The message is a number in [0, 1), written in bytes, of which each symbol takes its part. Decoder: range = 2^32 - 1,
// code = the first 4 bytes, highest first (zeros stand for bytes after the end). A symbol [start, start + frequency) of
// 2^bits: r = range >> bits; the symbol is the one that holds min(code / r, 2^bits - 1); code -= r * start;
// range = r * frequency, or for the last symbol of the table range - r * start; while range < 2^24: range <<= 8, and
// code takes the next byte. The message has one byte more than were taken this way after the first four.
//
// binary_range_coder.h codes single bits by 16-bit probabilities, 32 bits of the message at a time, for speed; this one
// codes symbols of any frequencies, and ends after one byte, for tensors of a few bytes.
#pragma once

#include <algorithm>
#include <cstdint>
#include <span>

#include "format/status.h"

namespace pare {

class RangeDecoder {
 public:
  explicit RangeDecoder(std::span<const std::byte> in) : in_(in) {
    for (int i = 0; i < 4; ++i) code_ = code_ << 8 | next();
  }
  // Which part of 2^bits (at most 16 bits) comes next; use() must follow with the symbol that holds it.
  uint32_t peek(unsigned bits) {
    part_ = range_ >> bits;
    return std::min(code_ / part_, (1U << bits) - 1);
  }
  void use(uint32_t start, uint32_t frequency, unsigned bits) {
    code_ -= part_ * start;
    range_ = start + frequency == 1U << bits ? range_ - part_ * start : part_ * frequency;
    for (; range_ < 1U << 24; range_ <<= 8) code_ = code_ << 8 | next();
  }
  uint32_t take_plain(unsigned bits) {  // at most 32
    uint32_t value = 0;
    for (unsigned left = bits; left > 0;) {
      const unsigned now = std::min(left, 16U);
      const uint32_t piece = peek(now);
      use(piece, 1, now);
      value = value << now | piece;
      left -= now;
    }
    return value;
  }
  bool overrun() const { return at_ > in_.size() + 3; }
  Status finish() const {
    if (overrun()) return {Code::truncated, "range coder's bytes end early", in_.size()};
    return at_ == in_.size() + 3 ? Status() : Status(Code::corrupt, "bytes left over", at_ - 3);
  }

 private:
  uint32_t next() {
    const auto byte = at_ < in_.size() ? static_cast<uint32_t>(in_[at_]) : 0;
    ++at_;
    return byte;
  }
  std::span<const std::byte> in_;
  size_t at_ = 0;
  uint32_t range_ = UINT32_MAX, code_ = 0, part_ = 1;
};

}  // namespace pare
