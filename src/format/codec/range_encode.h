// The writing side of range_coder.h.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

namespace pare {

class RangeEncoder {
 public:
  explicit RangeEncoder(std::vector<std::byte>& out) : out_(out) {}
  void put(uint32_t start, uint32_t frequency, unsigned bits) {  // frequency > 0, bits <= 16
    const uint32_t part = range_ >> bits;
    low_ += uint64_t{part} * start;
    range_ = start + frequency == 1U << bits ? range_ - part * start : part * frequency;
    carry();
    for (; range_ < 1U << 24; range_ <<= 8) shift();
  }
  void put_plain(uint32_t value, unsigned bits) {
    for (unsigned left = bits; left > 0;) {
      const unsigned now = std::min(left, 16U);
      left -= now;
      put(value >> left & ((1U << now) - 1), 1, now);
    }
  }
  void finish() {  // one byte is enough to name a number of the range
    low_ += (1U << 24) - 1;
    carry();
    shift();
  }

 private:
  void carry() {
    if (low_ >> 32 == 0) return;
    low_ &= UINT32_MAX;
    // Ends at a byte of this message: all ranges lie within [0, 1).
    for (size_t i = out_.size(); i-- > 0;) {
      out_[i] = static_cast<std::byte>(static_cast<unsigned>(out_[i]) + 1);
      if (out_[i] != std::byte{0}) break;
    }
  }
  void shift() {
    out_.push_back(static_cast<std::byte>(low_ >> 24));
    low_ = low_ << 8 & UINT32_MAX;
  }
  std::vector<std::byte>& out_;
  uint64_t low_ = 0;
  uint32_t range_ = UINT32_MAX;
};

}  // namespace pare
