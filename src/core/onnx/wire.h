// Reading protobuf messages from a file nobody vouches for: every access checks the wire type and the bounds, and an
// error names the file and the byte. The only include of protozero; writers use its pbf_builder as it is.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#define PROTOZERO_USE_VIEW std::string_view
#include <protozero/pbf_builder.hpp>
#include <protozero/pbf_reader.hpp>

#include "core/error.h"

namespace pare {

// The bytes of one file and what reading them may still cost.
class WireSource {
 public:
  WireSource(std::string_view bytes, uint64_t budget) : bytes_(bytes), budget_(budget) {}

  [[noreturn]] void damaged(const char* at,
                            std::string_view what) const;  // Error(corrupt or truncated) with the offset
  // Charges memory that the file makes us allocate; Error(limit) when it asks for too much.
  void charge(uint64_t bytes);
  uint64_t budget() const { return budget_; }

 private:
  std::string_view bytes_;
  uint64_t budget_;
};

// Walks the fields of one message; F is its enum in schema.h.
//   for (Fields<NodeField> f(source, bytes); f.next();) switch (f.field()) { case ...: name = f.text(); break; default:
//   f.skip(); }
template <class F>
class Fields {
 public:
  Fields(const WireSource& source, std::string_view message) : source_(source), reader_(message) {}

  bool next() {
    start_ = reader_.data().data();
    return guarded([&] { return reader_.next(); });
  }
  F field() const { return static_cast<F>(reader_.tag()); }
  void skip() {
    guarded([&] { reader_.skip(); });
  }

  // The field with its tag, as it lies in the message; to copy what is not looked into.
  std::string_view whole() {
    skip();
    return {start_, static_cast<size_t>(reader_.data().data() - start_)};
  }

  std::string_view bytes() {
    expect(protozero::pbf_wire_type::length_delimited);
    return guarded([&] { return reader_.get_view(); });
  }
  std::string text() { return std::string(bytes()); }
  int64_t integer() {
    expect(protozero::pbf_wire_type::varint);
    return guarded([&] { return reader_.get_int64(); });
  }
  float real() {
    expect(protozero::pbf_wire_type::fixed32);
    return guarded([&] { return reader_.get_float(); });
  }
  // Repeated numbers: one of them, or a packed run.
  void integers(std::vector<int64_t>& out) {
    if (reader_.wire_type() == protozero::pbf_wire_type::varint) return out.push_back(integer());
    expect(protozero::pbf_wire_type::length_delimited);
    guarded([&] {
      for (int64_t v : reader_.get_packed_int64()) out.push_back(v);
    });
  }
  void reals(std::vector<float>& out) {
    if (reader_.wire_type() == protozero::pbf_wire_type::fixed32) return out.push_back(real());
    expect(protozero::pbf_wire_type::length_delimited);
    guarded([&] {
      for (float v : reader_.get_packed_float()) out.push_back(v);
    });
  }
  void doubles(std::vector<double>& out) {
    const bool single = reader_.wire_type() == protozero::pbf_wire_type::fixed64;
    if (!single) expect(protozero::pbf_wire_type::length_delimited);
    guarded([&] {
      if (single) return out.push_back(reader_.get_double());
      for (double v : reader_.get_packed_double()) out.push_back(v);
    });
  }

 private:
  void expect(protozero::pbf_wire_type type) const {
    if (reader_.wire_type() != type) source_.damaged(reader_.data().data(), "a field has the wrong wire type");
  }
  template <class Body>
  auto guarded(Body&& body) -> decltype(body()) {
    const char* at = reader_.data().data();
    try {
      return body();
    } catch (const protozero::end_of_buffer_exception&) {
      source_.damaged(reader_.data().data() + reader_.length(), "a field is longer than its message");
    } catch (const protozero::exception&) {
      source_.damaged(at, "the bytes are no protobuf field");
    }
  }

  const WireSource& source_;
  protozero::pbf_reader reader_;
  const char* start_ = nullptr;
};

// The text of one field of a message; "" when it is not there.
template <class F>
std::string text_of(const WireSource& source, std::string_view message, F field) {
  std::string text;
  for (Fields<F> f(source, message); f.next();) {
    if (f.field() == field)
      text = f.text();
    else
      f.skip();
  }
  return text;
}

}  // namespace pare
