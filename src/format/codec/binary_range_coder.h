// Binary range coding with 16-bit probabilities: 64-bit low and range, renormalized by 32 bits, carries propagated
// into the bytes already written. The end of a string takes one byte more than needed, which lets the decoder tell
// most damaged strings from whole ones.
// range_coder.h, for tensors of a few bytes, codes symbols of any frequencies a byte at a time.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "format/status.h"

namespace pare {

inline constexpr unsigned kProbabilityBits = 16;

// How many bytes of the 8 in `low` name a number within the last range, and one more.
constexpr unsigned binary_range_tail_bytes(uint64_t range) {
  return 2 + (64 - static_cast<unsigned>(std::bit_width(range))) / 8;
}

class BinaryRangeEncoder {
 public:
  explicit BinaryRangeEncoder(std::vector<std::byte>& out) : out_(&out), start_(out.size()) {}
  // `one`: probability of true in units of 2^-16, 1 to 65535.
  bool code(uint32_t one, bool bit) {
    const uint64_t bound = (range_ >> kProbabilityBits) * one;
    const uint64_t before = low_;
    const uint64_t mask = uint64_t{bit} - 1;  // all ones for false; without a branch, since the bit is hard to predict
    low_ += mask & bound;
    range_ = (mask & (range_ - 2 * bound)) + bound;
    if (low_ < before) [[unlikely]]
      carry(*out_, start_);
    if (range_ < uint64_t{1} << 32) [[unlikely]] {
      put(*out_, low_, 4);
      low_ <<= 32;
      range_ <<= 32;
    }
    return bit;
  }
  uint64_t raw(unsigned count, uint64_t value) {  // `count` even bits, highest first
    for (unsigned i = count; i-- > 0;) code(1U << (kProbabilityBits - 1), (value >> i & 1) != 0);
    return value;
  }
  void finish() {
    const unsigned bytes = binary_range_tail_bytes(range_);
    const uint64_t step = uint64_t{1} << (64 - 8 * bytes), before = low_;
    low_ = (low_ + step - 1) & ~(step - 1);
    if (low_ < before) carry(*out_, start_);
    put(*out_, low_, bytes);
  }

 private:
  // Static, so that a coder which is a local variable can live in registers.
  [[gnu::noinline]] static void put(std::vector<std::byte>& out, uint64_t low, unsigned bytes) {
    std::array<std::byte, 8> highest_first;
    for (std::byte& b : highest_first) b = static_cast<std::byte>(low >> 56), low <<= 8;
    out.insert(out.end(), highest_first.begin(), highest_first.begin() + bytes);
  }
  [[gnu::noinline]] static void carry(std::vector<std::byte>& out, size_t start) {
    for (size_t at = out.size(); at-- > start;)
      if ((out[at] = static_cast<std::byte>(static_cast<uint8_t>(out[at]) + 1)) != std::byte{0}) return;
  }
  std::vector<std::byte>* out_;
  size_t start_;
  uint64_t low_ = 0, range_ = ~uint64_t{0};
};

// Bytes after the end read as zeros; finish() tells.
class BinaryRangeDecoder {
 public:
  explicit BinaryRangeDecoder(std::span<const std::byte> in) : in_(in) {
    code_ = take();
    code_ = code_ << 32 | take();
  }
  bool code(uint32_t one, bool = false) {
    const uint64_t bound = (range_ >> kProbabilityBits) * one;
    const bool bit = code_ < bound;
    const uint64_t mask = uint64_t{bit} - 1;
    code_ -= mask & bound;
    range_ = (mask & (range_ - 2 * bound)) + bound;
    if (range_ < uint64_t{1} << 32) [[unlikely]] {
      code_ = code_ << 32 | take();
      range_ <<= 32;
    }
    return bit;
  }
  uint64_t raw(unsigned count, uint64_t = 0) {
    uint64_t value = 0;
    while (count-- > 0) value = value << 1 | (code(1U << (kProbabilityBits - 1)) ? 1 : 0);
    return value;
  }
  Status finish() const {
    const unsigned tail = binary_range_tail_bytes(range_);
    const uint64_t used = at_ - 8 + tail;
    if (used > in_.size()) return {Code::truncated, "range coded bytes end early", in_.size()};
    if (used < in_.size()) return {Code::corrupt, "bytes left over", used};
    if (code_ >> (64 - 8 * tail) != 0) return {Code::corrupt, "range coded bytes do not end as they should", used};
    return {};
  }

 private:
  uint32_t take() {
    uint32_t word = 0;
    for (uint64_t i = at_; i < at_ + 4; ++i) word = word << 8 | (i < in_.size() ? static_cast<uint32_t>(in_[i]) : 0);
    at_ += 4;
    return word;
  }
  std::span<const std::byte> in_;
  uint64_t at_ = 0;  // bytes taken
  uint64_t code_ = 0, range_ = ~uint64_t{0};
};

}  // namespace pare
