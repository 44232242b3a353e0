// Plain fields in bytes: little-endian numbers, LEB128 variable-length integers, counted strings.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "format/status.h"

namespace pare {

static_assert(std::endian::native == std::endian::little, "tensors are stored little-endian and used in place");

constexpr uint64_t zigzag(int64_t v) { return (static_cast<uint64_t>(v) << 1) ^ static_cast<uint64_t>(v >> 63); }
constexpr int64_t unzigzag(uint64_t v) { return static_cast<int64_t>(v >> 1) ^ -static_cast<int64_t>(v & 1); }

class ByteWriter {
 public:
  explicit ByteWriter(std::vector<std::byte>& out) : out_(out) {}
  template <class T>
  void number(T value) {  // fixed size, little-endian
    const auto at = out_.size();
    out_.resize(at + sizeof(T));
    std::memcpy(out_.data() + at, &value, sizeof(T));
  }
  void varint(uint64_t value) {
    for (; value >= 128; value >>= 7) out_.push_back(static_cast<std::byte>(value | 128));
    out_.push_back(static_cast<std::byte>(value));
  }
  void bytes(std::span<const std::byte> data) { out_.insert(out_.end(), data.begin(), data.end()); }
  void text(std::string_view s) {
    varint(s.size());
    bytes(std::as_bytes(std::span(s)));
  }

 private:
  std::vector<std::byte>& out_;
};

// The first error sticks; from then on every read gives zero.
class ByteReader {
 public:
  explicit ByteReader(std::span<const std::byte> in) : in_(in) {}
  template <class T>
  T number() {
    T value{};
    const auto raw = bytes(sizeof(T));
    if (raw.size() == sizeof(T)) std::memcpy(&value, raw.data(), sizeof(T));
    return value;
  }
  uint64_t varint() {
    uint64_t value = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
      const auto byte = number<uint8_t>();
      if (shift == 63 && byte > 1) break;
      value |= uint64_t{byte & 127U} << shift;
      if (byte < 128) return value;
    }
    fail(Code::corrupt, "variable-length integer too long");
    return 0;
  }
  std::span<const std::byte> bytes(uint64_t count) {
    if (count > remaining()) {
      fail(Code::truncated, "bytes end early");
      return {};
    }
    const auto part = in_.subspan(at_, count);
    at_ += count;
    return part;
  }
  std::string_view text() {
    const auto raw = bytes(varint());
    return {reinterpret_cast<const char*>(raw.data()), raw.size()};
  }

  uint64_t remaining() const { return in_.size() - at_; }
  uint64_t position() const { return at_; }
  bool ok() const { return status_.ok(); }
  const Status& status() const { return status_; }
  void fail(Code code, const char* what) {
    if (status_.ok()) status_ = Status(code, what, at_);
    at_ = in_.size();
  }
  Status finish() const {
    if (!status_.ok()) return status_;
    return remaining() == 0 ? Status() : Status(Code::corrupt, "bytes left over", at_);
  }

 private:
  std::span<const std::byte> in_;
  uint64_t at_ = 0;
  Status status_;
};

}  // namespace pare
