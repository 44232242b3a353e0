// An options struct -> JSON of its effective values, and the lines of --help.
#include <algorithm>
#include <cmath>

#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include "core/error.h"
#include "core/json_text.h"
#include "core/params.h"
#include "core/params_text.h"

namespace pare {
namespace {

using json = nlohmann::ordered_json;

class JsonWriter : public ParamVisitor {
 public:
  json result = json::object();
  void field(std::string_view name, bool& value, std::string_view) override { put(name, value); }
  void field(std::string_view name, int64_t& value, std::string_view, Limits) override { put(name, value); }
  void field(std::string_view name, double& value, std::string_view, Limits) override { put(name, value); }
  void field(std::string_view name, std::string& value, std::string_view, Choices) override { put(name, value); }
  void field(std::string_view name, std::vector<std::string>& value, std::string_view) override { put(name, value); }
  void field(std::string_view name, std::vector<double>& value, std::string_view) override { put(name, value); }
  void field(std::string_view name, PerLayer<double>& value, std::string_view, Limits) override {
    per_layer(name, value);
  }
  void field(std::string_view name, PerLayer<int64_t>& value, std::string_view, Limits) override {
    per_layer(name, value);
  }
  void field(std::string_view name, Param& value, std::string_view) override { put(name, to_json(value)); }

 private:
  void put(std::string_view name, json value) { result[std::string(name)] = std::move(value); }
  template <class T>
  void per_layer(std::string_view name, const PerLayer<T>& value) {
    if (value.rules.empty()) return put(name, value.otherwise);
    json map = json::object();
    for (const auto& [pattern, v] : value.rules) map[pattern] = v;
    map["default"] = value.otherwise;
    put(name, std::move(map));
  }
};

class HelpWriter : public ParamVisitor {
 public:
  struct Line {
    std::string left, help;
  };
  std::vector<Line> lines;
  void field(std::string_view name, bool& value, std::string_view help) override {
    add(name, value ? "true" : "false", help);
  }
  void field(std::string_view name, int64_t& value, std::string_view help, Limits limits) override {
    add(name, fmt::to_string(value), help, bounds(limits));
  }
  void field(std::string_view name, double& value, std::string_view help, Limits limits) override {
    add(name, fmt::to_string(value), help, bounds(limits));
  }
  void field(std::string_view name, std::string& value, std::string_view help, Choices choices) override {
    add(name, value, help, choices.size() == 0 ? "" : fmt::format("{}", fmt::join(choices, ", ")));
  }
  void field(std::string_view name, std::vector<std::string>& value, std::string_view help) override {
    add(name, fmt::format("{}", fmt::join(value, ", ")), help);
  }
  void field(std::string_view name, std::vector<double>& value, std::string_view help) override {
    add(name, fmt::format("{}", fmt::join(value, ", ")), help);
  }
  void field(std::string_view name, PerLayer<double>& value, std::string_view help, Limits limits) override {
    per_layer(name, value, help, limits);
  }
  void field(std::string_view name, PerLayer<int64_t>& value, std::string_view help, Limits limits) override {
    per_layer(name, value, help, limits);
  }
  void field(std::string_view name, Param& value, std::string_view help) override {
    add(name, value.is_null() ? "" : json_text(to_json(value)), help);
  }

 private:
  void add(std::string_view name, const std::string& otherwise, std::string_view help, const std::string& range = "") {
    lines.push_back({otherwise.empty() ? std::string(name) : fmt::format("{} ({})", name, otherwise),
                     range.empty() ? std::string(help) : fmt::format("{}: {}", help, range)});
  }
  static std::string bounds(Limits limits) {
    return std::isfinite(limits.low) || std::isfinite(limits.high) ? range_text(limits) : "";
  }
  template <class T>
  void per_layer(std::string_view name, const PerLayer<T>& value, std::string_view help, Limits limits) {
    std::string text;
    for (const auto& [pattern, v] : value.rules) text += fmt::format("{}: {}, ", pattern, v);
    const std::string range = bounds(limits);
    add(name, text + fmt::to_string(value.otherwise), help, range.empty() ? "per layer" : range + ", per layer");
  }
};

}  // namespace

json params_to_json_with(const VisitFields& visit) {
  JsonWriter writer;
  visit(writer);
  return std::move(writer.result);
}

std::string params_help_with(const VisitFields& visit, int indent) {
  HelpWriter writer;
  visit(writer);
  size_t width = 0;
  for (const auto& line : writer.lines) width = std::max(width, std::min<size_t>(line.left.size(), 36));
  std::string text;
  for (const auto& line : writer.lines)
    text += fmt::format("{:{}}{:<{}}  {}\n", "", indent, line.left, width, line.help);
  return text;
}

}  // namespace pare
