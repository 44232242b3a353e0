// Bit strings, most significant bit first: the first bit written is bit 7 of the first byte. A string ends with zero
// bits up to the next byte.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <vector>

#include "format/status.h"

namespace pare {

class BitWriter {
 public:
  explicit BitWriter(std::vector<std::byte>& out) : out_(out) {}
  void put(uint32_t value, unsigned count) {  // the low `count` (<= 32) bits
    if (count == 0) return;
    pending_ = (pending_ << count) | (value & (~uint64_t{0} >> (64 - count)));
    for (held_ += count; held_ >= 8; held_ -= 8) out_.push_back(static_cast<std::byte>(pending_ >> (held_ - 8)));
  }
  // Elias gamma: value >= 1 as (bits - 1) zeros, then its bits.
  void put_gamma(uint64_t value) {
    const auto width = static_cast<unsigned>(std::bit_width(value));
    for (unsigned zeros = width - 1; zeros > 0; --zeros) put(0, 1);
    if (width > 32) put(static_cast<uint32_t>(value >> 32), width - 32);
    put(static_cast<uint32_t>(value), width > 32 ? 32 : width);
  }
  void finish() { put(0, (8 - held_) % 8); }

 private:
  std::vector<std::byte>& out_;
  uint64_t pending_ = 0;
  unsigned held_ = 0;  // low bits of pending_ that are not in out_ yet
};
constexpr uint64_t gamma_bits(uint64_t value) { return 2 * static_cast<uint64_t>(std::bit_width(value)) - 1; }

// Reads past the end give zeros; overrun() and finish() tell. That keeps checks out of the inner loops of decoders.
class BitReader {
 public:
  explicit BitReader(std::span<const std::byte> in) : in_(in), end_(uint64_t{in.size()} * 8) {}
  uint32_t peek(unsigned count) const {  // count <= 32
    if (count == 0) return 0;
    return static_cast<uint32_t>(window() << (at_ % 8) >> (64 - count));
  }
  void skip(unsigned count) { at_ += count; }
  uint32_t take(unsigned count) {
    const uint32_t value = peek(count);
    skip(count);
    return value;
  }
  // 0, which no gamma code stands for, when the code is too long or the bits end.
  uint64_t take_gamma() {
    unsigned zeros = 0;
    while (take(1) == 0)
      if (++zeros > 63 || overrun()) return 0;
    uint64_t value = 1;
    for (unsigned left = zeros; left > 0; --left) value = value << 1 | take(1);
    return value;
  }
  bool overrun() const { return at_ > end_; }
  uint64_t position() const { return at_; }
  // Everything must have been read but for zero padding of less than a byte.
  Status finish() const {
    if (overrun()) return {Code::truncated, "bits end early", in_.size()};
    if (end_ - at_ >= 8) return {Code::corrupt, "bits left over", at_ / 8};
    return peek(static_cast<unsigned>(end_ - at_)) == 0 ? Status()
                                                        : Status(Code::corrupt, "padding bits must be zero", at_ / 8);
  }

 private:
  // The 8 bytes from the current byte on, first byte on top.
  uint64_t window() const {
    const uint64_t first = at_ / 8;
    uint64_t value = 0;
    if (first + 8 <= in_.size()) {
      std::memcpy(&value, in_.data() + first, 8);
      return __builtin_bswap64(value);
    }
    for (uint64_t i = 0; i < 8; ++i)
      value = value << 8 | (first + i < in_.size() ? static_cast<uint64_t>(in_[first + i]) : 0);
    return value;
  }
  std::span<const std::byte> in_;
  uint64_t at_ = 0, end_;
};

}  // namespace pare
