// Nodes and values that no graph output depends on.
#include <algorithm>

#include "core/edit.h"
#include "core/op_def.h"
#include "core/passes/pass.h"
#include "core/passes/rewrite.h"

namespace pare {
namespace {

bool is_needed(const Graph& graph, ValueId value) {
  return value != kNoValue && (!graph.value(value).users.empty() || is_graph_output(graph, value));
}

// Optional outputs nobody reads (the mask of a Dropout). Ops with any number of outputs (Split) need all of theirs.
bool drop_optional_outputs(Graph& graph, Node& node) {
  const OpDef* def = op_def(node.op);
  if (!def || def->max_outputs < 2) return false;
  bool changed = false;
  for (size_t i = 1; i < node.outputs.size(); ++i) {
    if (node.outputs[i] == kNoValue || is_needed(graph, node.outputs[i])) continue;
    graph.value(node.outputs[i]).producer = kNoNode;
    node.outputs[i] = kNoValue;
    changed = true;
  }
  while (node.outputs.size() > 1 && node.outputs.back() == kNoValue) node.outputs.pop_back();
  return changed;
}

bool remove_dead_code(Graph& graph) {
  bool changed = false;
  for (size_t i = graph.nodes.size(); i-- > 0;) {  // users first, so that one sweep is enough
    Node& node = graph.nodes[i];
    if (node.dead || node.outputs.empty()) continue;
    if (std::any_of(node.outputs.begin(), node.outputs.end(), [&](ValueId v) { return is_needed(graph, v); })) {
      changed |= drop_optional_outputs(graph, node);
    } else {
      remove_node(graph, static_cast<NodeId>(i));
      changed = true;
    }
  }
  const size_t values = graph.values.size();
  compact(graph);
  return changed || graph.values.size() != values;
}

}  // namespace

extern const PassDef pass_remove_dead_code;
const PassDef pass_remove_dead_code{"remove_dead_code", "remove nodes and constants that no output depends on",
                                    remove_dead_code, true};

}  // namespace pare
