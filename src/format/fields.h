// Stored structs, field by field. A struct says its fields once, in `template <class F, class S> void fields(F& f, S&
// s)`; FieldWriter and FieldReader walk that. Order is the layout. Where versions of a file differ, `fields` asks
// f.version(); writers only know the newest.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "format/bytes.h"

namespace pare {

inline constexpr unsigned kFieldsVersion = 2;  // the one that is written

class FieldWriter {
 public:
  static constexpr bool reading = false;
  explicit FieldWriter(std::vector<std::byte>& out) : out_(out) {}
  template <class T>
  void unsigned_integer(const T& v) {
    out_.varint(static_cast<uint64_t>(v));
  }
  void integer(int64_t v) { out_.varint(zigzag(v)); }
  void real(float v) { out_.number(v); }
  void text(std::string_view v) { out_.text(v); }
  template <class T, class Each>
  void list(const std::vector<T>& items, Each each) {
    out_.varint(items.size());
    for (const T& item : items) each(item);
  }
  // As many items as the reader knows there are.
  template <class T, class Each>
  void items(const std::vector<T>& items, uint64_t, Each each) {
    for (const T& item : items) each(item);
  }
  bool ok() const { return true; }
  void require(bool, const char*) {}
  static constexpr unsigned version() { return kFieldsVersion; }

 private:
  ByteWriter out_;
};

// Memory is bounded: lists grow as they are read, and what they take is charged to a budget.
class FieldReader {
 public:
  static constexpr bool reading = true;
  FieldReader(std::span<const std::byte> in, uint64_t& budget, unsigned version)
      : in_(in), budget_(budget), version_(version) {}
  template <class T>
  void unsigned_integer(T& v) {
    const uint64_t wide = in_.varint();
    v = static_cast<T>(wide);
    require(static_cast<uint64_t>(v) == wide, "number too large");
  }
  void integer(int64_t& v) { v = unzigzag(in_.varint()); }
  void real(float& v) { v = in_.number<float>(); }
  void text(std::string& v) {
    const std::string_view raw = in_.text();
    charge(raw.size());
    if (ok()) v = raw;
  }
  template <class T, class Each>
  void list(std::vector<T>& items, Each each) {
    this->items(items, in_.varint(), each);
  }
  template <class T, class Each>
  void items(std::vector<T>& items, uint64_t count, Each each) {
    require(count <= in_.remaining(), "list longer than its bytes");  // each item takes a byte at least
    for (uint64_t i = 0; i < count && ok(); ++i) {
      item(items);
      if (ok()) each(items.back());
    }
  }
  template <class T>
  void item(std::vector<T>& items) {
    charge(2 * sizeof(T));  // a growing vector holds up to twice its items
    if (ok()) items.emplace_back();
  }
  bool ok() const { return in_.ok(); }
  void require(bool condition, const char* what) {
    if (!condition) in_.fail(Code::corrupt, what);
  }
  Status finish() const { return in_.finish(); }
  unsigned version() const { return version_; }

 private:
  void charge(uint64_t bytes) {
    if (bytes > budget_) {
      in_.fail(Code::limit, "file needs more memory than allowed");
    } else {
      budget_ -= bytes;
    }
  }
  ByteReader in_;
  uint64_t& budget_;
  unsigned version_;
};

}  // namespace pare
