#include "format/attributes.h"

#include <algorithm>

namespace pare {

namespace {

template <class T>
T read(const AttributeValue* value, T otherwise) {
  const T* typed = value ? std::get_if<T>(value) : nullptr;
  return typed ? *typed : std::move(otherwise);
}

}  // namespace

const AttributeValue* Attributes::find(std::string_view name) const {
  for (const auto& [key, value] : items_)
    if (key == name) return &value;
  return nullptr;
}

int64_t Attributes::integer(std::string_view name, int64_t otherwise) const {
  return read<int64_t>(find(name), otherwise);
}

float Attributes::real(std::string_view name, float otherwise) const { return read<float>(find(name), otherwise); }

std::string Attributes::text(std::string_view name, std::string_view otherwise) const {
  return read<std::string>(find(name), std::string(otherwise));
}

std::vector<int64_t> Attributes::integers(std::string_view name, std::vector<int64_t> otherwise) const {
  return read<std::vector<int64_t>>(find(name), std::move(otherwise));
}

void Attributes::set(std::string_view name, AttributeValue value) {
  for (auto& [key, old] : items_) {
    if (key == name) {
      old = std::move(value);
      return;
    }
  }
  items_.emplace_back(std::string(name), std::move(value));
}

void Attributes::erase(std::string_view name) {
  std::erase_if(items_, [&](const auto& item) { return item.first == name; });
}

}  // namespace pare
