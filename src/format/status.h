// Errors as values, for code that reads hostile bytes: what went wrong, as a literal, and where.
// format/ and runtime/ use these and no exceptions; core/ turns them into Error (core/error.h).
#pragma once

#include <cstdint>
#include <optional>
#include <utility>

namespace pare {

enum class Code : uint8_t {
  ok,
  invalid,      // an argument or a field has a value that makes no sense
  truncated,    // the bytes end before the data does
  corrupt,      // a checksum or an internal rule does not hold
  unsupported,  // valid, but not something this version handles
  limit,        // would need more memory or time than the caller allows
  io,           // the operating system refused to read or write
  missing,      // a file, package or device is not there
  cancelled,    // the user asked to stop
  internal,     // a bug in pare
};

// Trivially copyable; `what` is always a string literal, `at` a byte offset or an index (0 when it says nothing).
class [[nodiscard]] Status {
 public:
  constexpr Status() = default;
  constexpr Status(Code code, const char* what, uint64_t at = 0) : code_(code), what_(what), at_(at) {}

  constexpr bool ok() const { return code_ == Code::ok; }
  constexpr Code code() const { return code_; }
  constexpr const char* what() const { return what_; }
  constexpr uint64_t at() const { return at_; }

 private:
  Code code_ = Code::ok;
  const char* what_ = "";
  uint64_t at_ = 0;
};

// A value or the Status that says why there is none. value() must only be called when ok().
template <class T>
class [[nodiscard]] Result {
 public:
  Result(T value) : value_(std::move(value)) {}  // NOLINT(google-explicit-constructor)
  Result(Status status) : status_(status) {}     // NOLINT(google-explicit-constructor)
  bool ok() const { return status_.ok(); }
  const Status& status() const { return status_; }
  T& value() & { return *value_; }
  const T& value() const& { return *value_; }
  T&& value() && { return std::move(*value_); }
  T& operator*() & { return *value_; }
  const T& operator*() const& { return *value_; }
  T* operator->() { return &*value_; }
  const T* operator->() const { return &*value_; }

 private:
  Status status_;
  std::optional<T> value_;
};

}  // namespace pare

// Returns the Status of `expr` from the enclosing function unless it is ok.
#define PARE_TRY(expr)                                                                 \
  do {                                                                                 \
    if (::pare::Status pare_status_ = (expr); !pare_status_.ok()) return pare_status_; \
  } while (false)

#define PARE_CONCAT_INNER(a, b) a##b
#define PARE_CONCAT(a, b) PARE_CONCAT_INNER(a, b)
// PARE_ASSIGN(auto x, f()): declares or assigns x from a Result, or returns its Status.
#define PARE_ASSIGN(lhs, expr) PARE_ASSIGN_INNER(PARE_CONCAT(pare_result_, __LINE__), lhs, expr)
#define PARE_ASSIGN_INNER(tmp, lhs, expr) \
  auto tmp = (expr);                      \
  if (!tmp.ok()) return tmp.status();     \
  lhs = std::move(tmp).value()
