// JSON as text. Strings may come from files: bytes that are not UTF-8 are replaced (U+FFFD) instead of thrown about.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

namespace pare {

// `indent` -1: one line.
template <class Json>
std::string json_text(const Json& json, int indent = -1) {
  return json.dump(indent, ' ', /*ensure_ascii=*/false, Json::error_handler_t::replace);
}

}  // namespace pare
