// Attributes of a node: a small ordered map from name to value, as ONNX has them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "format/tensor.h"

namespace pare {

// An attribute we carry without understanding it (sub-graphs, sparse tensors, type protos): the serialized
// ONNX AttributeProto, name included.
struct OpaqueAttribute {
  std::string proto;
  friend bool operator==(const OpaqueAttribute&, const OpaqueAttribute&) = default;
};

// The order of alternatives is written into files: append only.
using AttributeValue = std::variant<int64_t, float, std::string, std::vector<int64_t>, std::vector<float>,
                                    std::vector<std::string>, Tensor, OpaqueAttribute>;

class Attributes {
 public:
  bool has(std::string_view name) const { return find(name) != nullptr; }
  const AttributeValue* find(std::string_view name) const;
  // Typed reads; the default when absent or of another type.
  int64_t integer(std::string_view name, int64_t otherwise) const;
  float real(std::string_view name, float otherwise) const;
  std::string text(std::string_view name, std::string_view otherwise) const;
  std::vector<int64_t> integers(std::string_view name, std::vector<int64_t> otherwise = {}) const;
  void set(std::string_view name, AttributeValue value);  // replaces, else appends
  void erase(std::string_view name);

  bool empty() const { return items_.empty(); }
  size_t size() const { return items_.size(); }
  auto begin() const { return items_.begin(); }
  auto end() const { return items_.end(); }
  friend bool operator==(const Attributes&, const Attributes&) = default;

 private:
  std::vector<std::pair<std::string, AttributeValue>> items_;
};

}  // namespace pare
