// Exceptions for core/ and above: one type, a code, and a sentence that names the place.
#pragma once

#include <fmt/format.h>

#include <stdexcept>
#include <string>
#include <utility>

#include "format/status.h"

namespace pare {

class Error : public std::runtime_error {
 public:
  Error(Code code, const std::string& message) : std::runtime_error(message), code_(code) {}
  Code code() const { return code_; }

 private:
  Code code_;
};

// fail(Code::invalid, "layer {}: {} channels", name, n);
template <class... Args>
[[noreturn]] void fail(Code code, fmt::format_string<Args...> format, Args&&... args) {
  throw Error(code, fmt::format(format, std::forward<Args>(args)...));
}
// Fails with Code::invalid unless the condition holds.
template <class... Args>
void ensure(bool condition, fmt::format_string<Args...> format, Args&&... args) {
  if (!condition) fail(Code::invalid, format, std::forward<Args>(args)...);
}
// Turns a Status into an Error "context: what (at byte N)".
void raise(const Status& status, const std::string& context);
template <class T>
T take(Result<T> result, const std::string& context) {
  if (!result.ok()) raise(result.status(), context);
  return std::move(result).value();
}
// Runs body; an Error that leaves it gets "context: " in front.
template <class Body>
auto within(const std::string& context, Body&& body) -> decltype(body()) {
  try {
    return body();
  } catch (const Error& e) {
    throw Error(e.code(), context + ": " + e.what());
  }
}
// Exit status of a command that ends with this code (docs/architecture.md, section 4).
int exit_status(Code code);

}  // namespace pare
