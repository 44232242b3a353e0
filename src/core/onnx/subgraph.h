// What the outside must know of sub-graphs (If, Loop, Scan ...), which are carried as bytes.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "core/onnx/schema.h"

namespace pare {

// Appends the names that the serialized GraphProto uses and does not define, each once, in order of first use.
void collect_captured(const WireSource& source, std::string_view graph, std::vector<std::string>& names);
// Calls visit(op type, domain) for every node of the sub-graphs in a serialized AttributeProto, at any depth.
void visit_subgraph_nodes(std::string_view attribute,
                          const std::function<void(const std::string&, const std::string&)>& visit);

}  // namespace pare
