// Preprocessing as text: the metadata keys that travel with a model. Numbers are written so that they read back
// exactly.
#include <charconv>
#include <cmath>
#include <nlohmann/json.hpp>

#include "core/data/dataset.h"
#include "core/error.h"
#include "core/json_text.h"

namespace pare {
namespace {

constexpr std::string_view kScale = "pare.scale", kMean = "pare.mean", kStd = "pare.std", kSize = "pare.size",
                           kOrder = "pare.order", kClasses = "pare.classes";

const std::string* find(const Metadata& metadata, std::string_view key) {
  for (const auto& [name, value] : metadata)
    if (name == key) return &value;
  return nullptr;
}

void put(Metadata& metadata, std::string_view key, std::string value) {
  for (auto& [name, old] : metadata) {
    if (name == key) {
      old = std::move(value);
      return;
    }
  }
  metadata.emplace_back(key, std::move(value));
}

void put_or_erase(Metadata& metadata, std::string_view key, bool wanted, std::string value) {
  if (wanted)
    put(metadata, key, std::move(value));
  else
    std::erase_if(metadata, [&](const auto& entry) { return entry.first == key; });
}

std::vector<std::string> split_at_commas(std::string_view text) {
  std::vector<std::string> parts;
  while (true) {
    const size_t comma = text.find(',');
    std::string_view part = text.substr(0, comma);
    while (!part.empty() && part.front() == ' ') part.remove_prefix(1);
    while (!part.empty() && part.back() == ' ') part.remove_suffix(1);
    parts.emplace_back(part);
    if (comma == std::string_view::npos) return parts;
    text.remove_prefix(comma + 1);
  }
}

template <class T>
std::vector<T> numbers(const std::string& text, std::string_view key) {
  std::vector<T> values;
  for (const std::string& part : split_at_commas(text)) {
    T value{};
    const auto [end, error] = std::from_chars(part.data(), part.data() + part.size(), value);
    ensure(error == std::errc() && end == part.data() + part.size(), "{}: '{}' is not a number", key, part);
    values.push_back(value);
  }
  return values;
}

// A list of names: a JSON array, as we write it, or simply names between commas.
std::vector<std::string> names(const std::string& text) {
  if (text.empty()) return {};
  if (text.front() != '[') return split_at_commas(text);
  const auto json = nlohmann::json::parse(text, nullptr, false);
  ensure(json.is_array(), "{}: not a list of names", kClasses);
  std::vector<std::string> list;
  for (const auto& item : json) {
    ensure(item.is_string(), "{}: not a list of names", kClasses);
    list.push_back(item.get<std::string>());
  }
  return list;
}

}  // namespace

void check(const Preprocessing& p) {
  ensure(std::isfinite(p.scale) && p.scale != 0, "{}: {} is no scale", kScale, p.scale);
  const bool images = p.order != kNoImages;
  const size_t channels = p.order == "L" ? 1 : 3;
  ensure(!images || p.order == "L" || p.order == "RGB" || p.order == "BGR", "{}: '{}' is none of RGB, BGR, L, {}",
         kOrder, p.order, kNoImages);
  for (const auto& [values, key] : {std::pair{&p.mean, kMean}, std::pair{&p.std, kStd}}) {
    ensure(values->size() == 1 || (images ? values->size() == channels : !values->empty()),
           "{}: {} values for {} channels", key, values->size(), channels);
    for (double v : *values) ensure(std::isfinite(v) && (key == kMean || v > 0), "{}: {} is out of range", key, v);
  }
  ensure(p.size.empty() ||
             (p.size.size() == 2 && p.size[0] >= 1 && p.size[1] >= 1 && p.size[0] <= 16384 && p.size[1] <= 16384),
         "{}: height and width are wanted, 1 to 16384", kSize);
}

void to_metadata(const Preprocessing& preprocessing, Metadata& metadata) {
  check(preprocessing);
  put(metadata, kScale, fmt::format("{}", preprocessing.scale));
  put(metadata, kMean, fmt::format("{}", fmt::join(preprocessing.mean, ",")));
  put(metadata, kStd, fmt::format("{}", fmt::join(preprocessing.std, ",")));
  put(metadata, kOrder, preprocessing.order);
  put_or_erase(metadata, kSize, !preprocessing.size.empty(), fmt::format("{}", fmt::join(preprocessing.size, ",")));
  put_or_erase(metadata, kClasses, !preprocessing.classes.empty(), json_text(nlohmann::json(preprocessing.classes)));
}

std::optional<Preprocessing> from_metadata(const Metadata& metadata) {
  const std::string* scale = find(metadata, kScale);
  const std::string* mean = find(metadata, kMean);
  const std::string* deviation = find(metadata, kStd);
  const std::string* size = find(metadata, kSize);
  const std::string* order = find(metadata, kOrder);
  const std::string* classes = find(metadata, kClasses);
  if (!scale && !mean && !deviation && !size && !order && !classes) return std::nullopt;

  Preprocessing p;
  if (scale) {
    const auto values = numbers<double>(*scale, kScale);
    ensure(values.size() == 1, "{}: one number is wanted, got '{}'", kScale, *scale);
    p.scale = values[0];
  }
  if (mean) p.mean = numbers<double>(*mean, kMean);
  if (deviation) p.std = numbers<double>(*deviation, kStd);
  if (size) p.size = numbers<int64_t>(*size, kSize);
  if (order) p.order = *order;
  if (classes) p.classes = names(*classes);
  check(p);
  return p;
}

}  // namespace pare
