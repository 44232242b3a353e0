#include "core/passes/rewrite.h"

#include <algorithm>

#include "core/edit.h"

namespace pare {

bool is_graph_output(const Graph& graph, ValueId value) {
  return std::find(graph.outputs.begin(), graph.outputs.end(), value) != graph.outputs.end();
}

NodeId only_user(const Graph& graph, ValueId value) {
  const Value& v = graph.value(value);
  return v.users.size() == 1 && !v.activation_grid && !has_public_name(graph, value) ? v.users[0] : kNoNode;
}

ValueId replace_by_constant(Graph& graph, ValueId value, Tensor tensor) {
  const std::string name = graph.value(value).name;
  const ValueId constant = add_constant(graph, unique_name(graph, name), std::move(tensor));
  replace_uses(graph, value, constant);
  if (graph.value(constant).name != name) std::swap(graph.value(constant).name, graph.value(value).name);
  return constant;
}

}  // namespace pare
