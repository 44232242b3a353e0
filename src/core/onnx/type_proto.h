// ValueInfoProto: the name, element type and shape of a value.
#pragma once

#include <optional>
#include <string>
#include <unordered_map>

#include "core/graph.h"
#include "core/onnx/schema.h"

namespace pare {

struct ValueInfo {
  std::string name;
  int64_t element_type = 0;  // TensorProto.DataType, 0 when not said
  std::optional<Dims> dims;
  bool is_tensor = true;  // false: a sequence, map, optional or sparse tensor
};

// Hands out one symbol per name, and a fresh one per dimension without a name.
class SymbolNames {
 public:
  explicit SymbolNames(Graph& graph) : graph_(graph) {}
  Dim named(const std::string& name);
  Dim unnamed() { return Dim(1, graph_.next_symbol++); }

 private:
  Graph& graph_;
  std::unordered_map<std::string, uint32_t> ids_;
};

ValueInfo read_value_info(const WireSource& source, std::string_view message, SymbolNames& symbols);
void write_value_info(protozero::pbf_builder<onnx_proto::ValueInfoField> writer, const Graph& graph,
                      const Value& value);

}  // namespace pare
