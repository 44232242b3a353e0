#include <algorithm>

#include "core/edit.h"
#include "core/error.h"
#include "core/passes/pass.h"

namespace pare {

#define PARE_PASS(name) extern const PassDef pass_##name;
#include "core/passes/pass_list.def"
#undef PARE_PASS

std::span<const PassDef* const> pass_list() {
  static const PassDef* const list[] = {
#define PARE_PASS(name) &pass_##name,
#include "core/passes/pass_list.def"
#undef PARE_PASS
  };
  return list;
}

void fold_encodings(Graph& graph) {
  fold_qdq(graph);
  fold_codebooks(graph);
}

int64_t node_count(const Graph& graph) {
  return std::count_if(graph.nodes.begin(), graph.nodes.end(), [](const Node& node) { return !node.dead; });
}

std::vector<PassEffect> simplify(Graph& graph) {
  std::vector<PassEffect> effects;
  std::vector<const PassDef*> passes;
  for (const PassDef* pass : pass_list()) {
    if (!pass->simplifies) continue;
    passes.push_back(pass);
    effects.push_back({.name = pass->name});
  }
  // Every pass removes something it does not put back, so this ends; the bound turns a mistake into an error.
  for (size_t round = 0; round <= graph.nodes.size() + 8; ++round) {
    bool changed = false;
    for (size_t i = 0; i < passes.size(); ++i) {
      const int64_t before = node_count(graph);
      if (!within(std::string(passes[i]->name), [&] { return passes[i]->run(graph); })) continue;
      ++effects[i].runs;
      effects[i].nodes_removed += before - node_count(graph);
      changed = true;
    }
    if (!changed) {
      infer_shapes(graph);
      return effects;
    }
  }
  fail(Code::internal, "the passes of simplify undo each other");
}

}  // namespace pare
