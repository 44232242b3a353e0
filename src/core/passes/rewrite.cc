#include "core/passes/rewrite.h"

#include <algorithm>

#include "core/edit.h"
#include "core/error.h"

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
  // A name that is most likely free: to look for one among the variants of a taken one is slow in a large graph.
  const std::string other = fmt::format("{}_{}", name, graph.values.size());
  const ValueId constant = add_constant(graph, unique_name(graph, other), std::move(tensor));
  replace_uses(graph, value, constant);
  if (graph.value(constant).name != name) std::swap(graph.value(constant).name, graph.value(value).name);
  return constant;
}

}  // namespace pare
