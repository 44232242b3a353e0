#include "core/params.h"

#include <algorithm>
#include <charconv>
#include <cmath>

#include <nlohmann/json.hpp>

#include "core/error.h"
#include "core/json_text.h"
#include "core/params_text.h"

namespace pare {

std::optional<bool> parse_bool(std::string_view text) {
  if (text == "true" || text == "yes" || text == "on") return true;
  if (text == "false" || text == "no" || text == "off") return false;
  return {};
}

std::optional<int64_t> parse_integer(std::string_view text) {
  if (text.starts_with('+')) text.remove_prefix(1);
  int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || text.empty()) return {};
  return value;
}

std::optional<double> parse_real(std::string_view text) {
  if (text.starts_with('+')) text.remove_prefix(1);
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || text.empty() || !std::isfinite(value)) return {};
  return value;
}

std::string quote_param(const Param& param) {
  switch (param.kind) {
    case Param::Kind::null:
      return "nothing";
    case Param::Kind::scalar:
      return fmt::format("'{}'", param.scalar.substr(0, 60));
    case Param::Kind::list:
      return "a list";
    case Param::Kind::map:
      return "a map";
  }
  return "nothing";
}

std::string place_of(const Param& param) { return param.where.empty() ? "" : param.where + ": "; }

namespace {

template <class T>
T typed(const Param& param, std::optional<T> (*parse)(std::string_view), std::string_view expected) {
  if (param.kind == Param::Kind::scalar) {
    if (const auto value = parse(param.scalar)) return *value;
  }
  fail(Code::invalid, "{}expected {}, got {}", place_of(param), expected, quote_param(param));
}

}  // namespace

Param::Param() = default;
Param::Param(const Param&) = default;
Param::Param(Param&&) noexcept = default;
Param& Param::operator=(const Param&) = default;
Param& Param::operator=(Param&&) noexcept = default;
Param::~Param() = default;

const Param* Param::find(std::string_view key) const {
  for (const auto& [name, value] : entries) {
    if (name == key) return value.is_null() ? nullptr : &value;
  }
  return nullptr;
}

std::string Param::as_text() const {
  if (kind != Kind::scalar) fail(Code::invalid, "{}expected a text, got {}", place_of(*this), quote_param(*this));
  return scalar;
}
double Param::as_real() const { return typed(*this, parse_real, "a number"); }
int64_t Param::as_integer() const { return typed(*this, parse_integer, "a whole number"); }
bool Param::as_bool() const { return typed(*this, parse_bool, "true or false"); }

Param Param::map() {
  Param param;
  param.kind = Kind::map;
  return param;
}

Param Param::text(std::string value, std::string where) {
  Param param;
  param.kind = Kind::scalar;
  param.scalar = std::move(value);
  param.where = std::move(where);
  return param;
}

void Param::set(std::string_view key, Param value) {
  if (kind == Kind::null) kind = Kind::map;
  if (kind != Kind::map) fail(Code::invalid, "{}cannot set '{}' in {}", place_of(*this), key, quote_param(*this));
  for (auto& [name, old] : entries) {
    if (name == key) {
      old = std::move(value);
      return;
    }
  }
  entries.emplace_back(key, std::move(value));
}

void Param::set_path(std::string_view dotted, Param value) {
  const size_t dot = dotted.find('.');
  if (dot == std::string_view::npos) return set(dotted, std::move(value));
  const std::string_view head = dotted.substr(0, dot);
  if (!find(head)) set(head, Param::map());
  const_cast<Param*>(find(head))->set_path(dotted.substr(dot + 1), std::move(value));
}

nlohmann::ordered_json to_json(const Param& param) {
  using json = nlohmann::ordered_json;
  switch (param.kind) {
    case Param::Kind::null:
      return nullptr;
    case Param::Kind::scalar: {
      if (const auto integer = parse_integer(param.scalar)) return *integer;
      if (const auto real = parse_real(param.scalar)) return *real;
      if (param.scalar == "true" || param.scalar == "false") return param.scalar == "true";
      return param.scalar;
    }
    case Param::Kind::list: {
      json list = json::array();
      for (const Param& item : param.items) list.push_back(to_json(item));
      return list;
    }
    case Param::Kind::map: {
      json map = json::object();
      for (const auto& [key, value] : param.entries) map[key] = to_json(value);
      return map;
    }
  }
  return nullptr;
}

Param param_from_json(const nlohmann::ordered_json& json, std::string where) {
  Param param;
  param.where = where;
  if (json.is_object()) {
    param.kind = Param::Kind::map;
    for (const auto& [key, value] : json.items()) param.entries.emplace_back(key, param_from_json(value, where));
  } else if (json.is_array()) {
    param.kind = Param::Kind::list;
    for (const auto& item : json) param.items.push_back(param_from_json(item, where));
  } else if (json.is_string()) {
    return Param::text(json.get<std::string>(), std::move(where));
  } else if (!json.is_null()) {
    return Param::text(json_text(json), std::move(where));
  }
  return param;
}

std::string nearest(std::string_view word, const std::vector<std::string>& candidates) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
  // Optimal string alignment, whatever the case: edits are insert, delete, change, and swap of neighbours ("ratoi" is
  // one from "ratio").
  const auto distance = [&](std::string_view other) {
    const size_t width = other.size() + 1;
    std::vector<size_t> before(width), last(width), row(width);
    for (size_t j = 0; j < width; ++j) last[j] = j;
    for (size_t i = 1; i <= word.size(); ++i) {
      row[0] = i;
      for (size_t j = 1; j < width; ++j) {
        const size_t change = lower(word[i - 1]) != lower(other[j - 1]);
        row[j] = std::min({last[j] + 1, row[j - 1] + 1, last[j - 1] + change});
        if (i > 1 && j > 1 && word[i - 1] == other[j - 2] && word[i - 2] == other[j - 1]) {
          row[j] = std::min(row[j], before[j - 2] + 1);
        }
      }
      std::swap(before, last);
      std::swap(last, row);
    }
    return last[other.size()];
  };
  if (word.size() > 100) return "";  // no option is that long; keeps hostile recipes cheap
  std::string best;
  size_t least = SIZE_MAX;
  for (const std::string& candidate : candidates) {
    const size_t d = distance(candidate);
    if (d < least && d * 3 <= std::max(word.size(), candidate.size())) {
      least = d;
      best = candidate;
    }
  }
  return best;
}

namespace {

// Matches one pattern element at p against c; `after` becomes the pattern behind it. A '[' without ']' is a plain
// character.
bool match_one(std::string_view pattern, size_t p, char c, size_t& after) {
  after = p + 1;
  if (pattern[p] == '?') return true;
  const size_t close = pattern[p] == '[' ? pattern.find(']', p + 2) : std::string_view::npos;
  if (close == std::string_view::npos) return pattern[p] == c;
  after = close + 1;
  size_t i = p + 1;
  const bool negated = pattern[i] == '!';
  i += negated;
  bool found = false;
  for (; i < close; ++i) {
    if (i + 2 < close && pattern[i + 1] == '-') {
      found |= pattern[i] <= c && c <= pattern[i + 2];
      i += 2;
    } else {
      found |= pattern[i] == c;
    }
  }
  return found != negated;
}

}  // namespace

bool glob_match(std::string_view pattern, std::string_view text) {
  // On a mismatch only the last star needs to give way, so this is at worst pattern times text.
  size_t p = 0, t = 0, star = std::string_view::npos, resume = 0;
  while (t < text.size()) {
    size_t after = 0;
    if (p < pattern.size() && pattern[p] == '*') {
      star = ++p;
      resume = t;
    } else if (p < pattern.size() && match_one(pattern, p, text[t], after)) {
      p = after;
      ++t;
    } else if (star != std::string_view::npos) {
      p = star;
      t = ++resume;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p] == '*') ++p;
  return p == pattern.size();
}

}  // namespace pare
