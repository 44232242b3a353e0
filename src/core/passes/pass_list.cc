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

std::vector<std::pair<std::string_view, int>> simplify(Graph& graph) {
  std::vector<std::pair<std::string_view, int>> counts;
  for (const PassDef* pass : pass_list()) {
    if (pass->simplifies) counts.emplace_back(pass->name, 0);
  }
  // Every pass removes something it does not put back, so this ends; the bound turns a mistake into an error.
  for (size_t round = 0; round <= graph.nodes.size() + 8; ++round) {
    bool changed = false;
    for (auto& [name, count] : counts) {
      for (const PassDef* pass : pass_list()) {
        if (pass->name != name || !within(std::string(name), [&] { return pass->run(graph); })) continue;
        ++count;
        changed = true;
      }
    }
    if (!changed) {
      infer_shapes(graph);
      return counts;
    }
  }
  fail(Code::internal, "the passes of simplify undo each other");
}

}  // namespace pare
