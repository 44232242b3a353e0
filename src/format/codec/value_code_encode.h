// The writing side of value_code.h: counts values, chooses the token shape and the code lengths that take the fewest
// bits.
#pragma once

#include <cstdint>
#include <map>
#include <utility>
#include <vector>

#include "format/codec/value_code.h"

namespace pare {

class Histogram {
 public:
  void add(uint32_t value, uint64_t times = 1) {
    total_ += times;
    if (value < small_.size()) {  // the usual case first: this runs once per element
      small_[value] += times;
    } else if (value < kSmall) {
      small_.resize(value + 1);
      small_[value] = times;
    } else {
      large_[value] += times;
    }
  }
  void add(const Histogram& other) {
    other.for_each([&](uint32_t value, uint64_t times) { add(value, times); });
  }
  uint64_t total() const { return total_; }
  uint32_t highest() const {
    return !large_.empty() ? large_.rbegin()->first : small_.empty() ? 0 : static_cast<uint32_t>(small_.size() - 1);
  }
  template <class F>
  void for_each(F f) const {  // in rising order of value
    for (uint32_t v = 0; v < small_.size(); ++v)
      if (small_[v] != 0) f(v, small_[v]);
    for (const auto& [v, times] : large_) f(v, times);
  }

 private:
  static constexpr uint32_t kSmall = 4096;
  std::vector<uint64_t> small_;
  std::map<uint32_t, uint64_t> large_;
  uint64_t total_ = 0;
};

class ValueEncoder {
 public:
  explicit ValueEncoder(const Histogram& values);
  uint64_t bits() const { return description_bits_ + value_bits_; }  // of the description and all counted values
  void write_description(BitWriter& out) const;
  void write(BitWriter& out, uint32_t value) const {  // a value that was counted
    const Token t = tokenize(shape_, value);
    out.put(codes_[t.token], lengths_[t.token]);
    out.put(t.extra, t.extra_bits);
  }

 private:
  struct Candidate;
  static Candidate try_shape(const Histogram& values, TokenShape shape);

  TokenShape shape_;
  std::vector<uint8_t> lengths_;  // empty: no values
  std::vector<uint32_t> codes_;
  bool single_ = false;
  uint64_t description_bits_ = 0, value_bits_ = 0;
};

}  // namespace pare
