// Params -> an options struct: the reader that visits its fields.
#include <algorithm>
#include <cmath>

#include <fmt/ranges.h>

#include "core/error.h"
#include "core/params.h"
#include "core/params_text.h"

namespace pare {
namespace {

class Names : public ParamVisitor {
 public:
  std::vector<std::string> names;
  void field(std::string_view name, bool&, std::string_view) override { names.emplace_back(name); }
  void field(std::string_view name, int64_t&, std::string_view, Limits) override { names.emplace_back(name); }
  void field(std::string_view name, double&, std::string_view, Limits) override { names.emplace_back(name); }
  void field(std::string_view name, std::string&, std::string_view, Choices) override { names.emplace_back(name); }
  void field(std::string_view name, std::vector<std::string>&, std::string_view) override { names.emplace_back(name); }
  void field(std::string_view name, std::vector<double>&, std::string_view, Limits) override {
    names.emplace_back(name);
  }
  void field(std::string_view name, PerLayer<double>&, std::string_view, Limits) override { names.emplace_back(name); }
  void field(std::string_view name, PerLayer<int64_t>&, std::string_view, Limits) override { names.emplace_back(name); }
  void field(std::string_view name, Param&, std::string_view) override { names.emplace_back(name); }
};

class Reader : public ParamVisitor {
 public:
  explicit Reader(const Param& params) : params_(params) {}

  void field(std::string_view name, bool& value, std::string_view) override {
    if (const Param* p = given(name)) value = scalar(name, *p, parse_bool, "true or false");
  }
  void field(std::string_view name, int64_t& value, std::string_view, Limits limits) override {
    if (const Param* p = given(name)) value = number<int64_t>(name, *p, limits);
  }
  void field(std::string_view name, double& value, std::string_view, Limits limits) override {
    if (const Param* p = given(name)) value = number<double>(name, *p, limits);
  }
  void field(std::string_view name, std::string& value, std::string_view, Choices choices) override {
    const Param* p = given(name);
    if (!p) return;
    std::string read = text(name, *p);
    if (choices.size() != 0 && std::find(choices.begin(), choices.end(), read) == choices.end()) {
      fail(Code::invalid, "{}option '{}': '{}' is not one of {}", place_of(*p), name, read, fmt::join(choices, ", "));
    }
    value = std::move(read);
  }
  void field(std::string_view name, std::vector<std::string>& value, std::string_view) override {
    const Param* p = given(name);
    if (!p) return;
    value.clear();
    each(*p, [&](const Param& item) { value.push_back(text(name, item)); });
  }
  void field(std::string_view name, std::vector<double>& value, std::string_view, Limits limits) override {
    const Param* p = given(name);
    if (!p) return;
    value.clear();
    each(*p, [&](const Param& item) { value.push_back(number<double>(name, item, limits)); });
  }
  void field(std::string_view name, PerLayer<double>& value, std::string_view, Limits limits) override {
    per_layer(name, value, limits);
  }
  void field(std::string_view name, PerLayer<int64_t>& value, std::string_view, Limits limits) override {
    per_layer(name, value, limits);
  }
  void field(std::string_view name, Param& value, std::string_view) override {
    if (const Param* p = given(name)) value = *p;
  }

 private:
  const Param* given(std::string_view name) const {
    const Param* p = params_.find(name);
    return p && !p->is_null() ? p : nullptr;
  }

  template <class T>
  static T scalar(std::string_view name, const Param& p, std::optional<T> (*parse)(std::string_view),
                  std::string_view expected) {
    if (p.kind == Param::Kind::scalar) {
      if (const auto value = parse(p.scalar)) return *value;
    }
    fail(Code::invalid, "{}option '{}': expected {}, got {}", place_of(p), name, expected, quote_param(p));
  }
  static std::string text(std::string_view name, const Param& p) {
    if (p.kind == Param::Kind::scalar) return p.scalar;
    fail(Code::invalid, "{}option '{}': expected a text, got {}", place_of(p), name, quote_param(p));
  }
  template <class T>
  static T number(std::string_view name, const Param& p, Limits limits) {
    T value;
    if constexpr (std::is_same_v<T, double>) {
      value = scalar(name, p, parse_real, "a number");
    } else {
      value = scalar(name, p, parse_integer, "a whole number");
    }
    if (const double real = static_cast<double>(value); real < limits.low || real > limits.high) {
      fail(Code::invalid, "{}option '{}': {} is not {}", place_of(p), name, p.scalar, range_text(limits));
    }
    return value;
  }
  // A single scalar stands for a list of one.
  template <class F>
  static void each(const Param& p, F&& read) {
    if (p.kind != Param::Kind::list) return read(p);
    for (const Param& item : p.items) read(item);
  }
  template <class T>
  void per_layer(std::string_view name, PerLayer<T>& value, Limits limits) {
    const Param* p = given(name);
    if (!p) return;
    value.rules.clear();
    if (p->kind != Param::Kind::map) {
      value.otherwise = number<T>(name, *p, limits);
      return;
    }
    for (const auto& [key, item] : p->entries) {
      const T read = number<T>(name, item, limits);
      if (key == "default" || key == "*") {
        value.otherwise = read;
      } else {
        value.rules.emplace_back(key, read);
      }
    }
  }

  const Param& params_;
};

}  // namespace

std::string range_text(Limits limits) {
  if (std::isfinite(limits.low) && std::isfinite(limits.high))
    return fmt::format("in {} to {}", limits.low, limits.high);
  if (std::isfinite(limits.low)) return fmt::format("{} or more", limits.low);
  return fmt::format("{} or less", limits.high);
}

std::vector<std::string> param_names_with(const VisitFields& visit) {
  Names names;
  visit(names);
  return std::move(names.names);
}

void read_params_with(const Param& params, const VisitFields& visit) {
  if (params.is_null()) return;
  if (params.kind != Param::Kind::map) {
    fail(Code::invalid, "{}expected options as a map, got {}", place_of(params), quote_param(params));
  }
  const auto names = param_names_with(visit);
  for (const auto& [key, value] : params.entries) {
    if (std::find(names.begin(), names.end(), key) != names.end()) continue;
    const std::string near = nearest(key, names);
    const std::string hint = near.empty() ? "" : fmt::format(" (did you mean '{}'?)", near);
    fail(Code::invalid, "{}unknown option '{}'{}", place_of(value), key.substr(0, 60), hint);
  }
  Reader reader(params);
  visit(reader);
}

}  // namespace pare
