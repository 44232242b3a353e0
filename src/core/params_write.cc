// An options struct -> JSON of its effective values, and its description for --help and --json.
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
  void field(std::string_view name, std::vector<double>& value, std::string_view, Limits) override { put(name, value); }
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

class InfoWriter : public ParamVisitor {
 public:
  std::vector<ParamInfo> options;
  using Type = ParamInfo::Type;
  void field(std::string_view name, bool& value, std::string_view help) override {
    add(name, help, Type::boolean, value ? "true" : "false");
  }
  void field(std::string_view name, int64_t& value, std::string_view help, Limits limits) override {
    add(name, help, Type::integer, fmt::to_string(value)).limits = limits;
  }
  void field(std::string_view name, double& value, std::string_view help, Limits limits) override {
    add(name, help, Type::real, fmt::to_string(value)).limits = limits;
  }
  void field(std::string_view name, std::string& value, std::string_view help, Choices choices) override {
    add(name, help, Type::text, value).choices.assign(choices.begin(), choices.end());
  }
  void field(std::string_view name, std::vector<std::string>& value, std::string_view help) override {
    add(name, help, Type::texts, fmt::format("{}", fmt::join(value, ", ")));
  }
  void field(std::string_view name, std::vector<double>& value, std::string_view help, Limits limits) override {
    add(name, help, Type::reals, fmt::format("{}", fmt::join(value, ", "))).limits = limits;
  }
  void field(std::string_view name, PerLayer<double>& value, std::string_view help, Limits limits) override {
    per_layer(name, value, help, limits, Type::real);
  }
  void field(std::string_view name, PerLayer<int64_t>& value, std::string_view help, Limits limits) override {
    per_layer(name, value, help, limits, Type::integer);
  }
  void field(std::string_view name, Param& value, std::string_view help) override {
    add(name, help, Type::tree, value.is_null() ? "" : json_text(to_json(value)));
  }

 private:
  ParamInfo& add(std::string_view name, std::string_view help, Type type, std::string otherwise) {
    ParamInfo& option = options.emplace_back();
    option.name = name;
    option.help = help;
    option.type = type;
    option.otherwise = std::move(otherwise);
    return option;
  }
  template <class T>
  void per_layer(std::string_view name, const PerLayer<T>& value, std::string_view help, Limits limits, Type type) {
    std::string text;
    for (const auto& [pattern, v] : value.rules) text += fmt::format("{}: {}, ", pattern, v);
    ParamInfo& option = add(name, help, type, text + fmt::to_string(value.otherwise));
    option.limits = limits;
    option.per_layer = true;
  }
};

bool is_bounded(Limits limits) { return std::isfinite(limits.low) || std::isfinite(limits.high); }

std::string_view name_of(ParamInfo::Type type) {
  constexpr std::string_view names[] = {"boolean", "integer", "number", "text", "texts", "numbers", "tree"};
  return names[static_cast<size_t>(type)];
}

// A number or a boolean as such, anything else as text.
json default_of(const ParamInfo& option) {
  if (option.otherwise.empty()) return nullptr;
  if (option.type == ParamInfo::Type::boolean) return option.otherwise == "true";
  if (option.type == ParamInfo::Type::integer) {
    if (const auto value = parse_integer(option.otherwise)) return *value;
  }
  if (option.type == ParamInfo::Type::real) {
    if (const auto value = parse_real(option.otherwise)) return *value;
  }
  return option.otherwise;
}

}  // namespace

json params_to_json_with(const VisitFields& visit) {
  JsonWriter writer;
  visit(writer);
  return std::move(writer.result);
}

std::vector<ParamInfo> params_info_with(const VisitFields& visit) {
  InfoWriter writer;
  visit(writer);
  return std::move(writer.options);
}

json to_json(std::span<const ParamInfo> options) {
  json list = json::array();
  for (const ParamInfo& option : options) {
    json row = {{"name", option.name}, {"type", name_of(option.type)}, {"default", default_of(option)}};
    if (std::isfinite(option.limits.low)) row["min"] = option.limits.low;
    if (std::isfinite(option.limits.high)) row["max"] = option.limits.high;
    if (!option.choices.empty()) row["choices"] = option.choices;
    if (option.per_layer) row["per_layer"] = true;
    row["help"] = option.help;
    list.push_back(std::move(row));
  }
  return list;
}

std::string help_text(std::span<const ParamInfo> options, int indent) {
  const auto left = [](const ParamInfo& o) {
    return o.otherwise.empty() ? o.name : fmt::format("{} ({})", o.name, o.otherwise);
  };
  size_t width = 0;
  for (const ParamInfo& option : options) width = std::max(width, std::min<size_t>(left(option).size(), 36));
  std::string text;
  for (const ParamInfo& option : options) {
    std::vector<std::string> notes;
    if (is_bounded(option.limits)) notes.push_back(range_text(option.limits));
    if (option.per_layer) notes.emplace_back("per layer");
    notes.insert(notes.end(), option.choices.begin(), option.choices.end());
    text += fmt::format("{:{}}{:<{}}  {}{}{}\n", "", indent, left(option), width, option.help,
                        notes.empty() ? "" : ": ", fmt::join(notes, ", "));
  }
  return text;
}

}  // namespace pare
