#include "core/onnx/opset.h"
#include "core/onnx/subgraph.h"
#include "core/op_def.h"

namespace pare {
namespace {

struct CarriedOp {
  std::string_view name;
  int64_t since, rises_from, falls_to;
};
constexpr CarriedOp kCarried[] = {
#define PARE_CARRIED_OP(name, since, rises_from, falls_to) {name, since, rises_from, falls_to},
#include "core/onnx/carried_ops.def"
#undef PARE_CARRIED_OP
};

bool keeps_form(std::string_view type, int64_t from, int64_t to) {
  for (const CarriedOp& op : kCarried) {
    if (op.name != type) continue;
    if (to >= from) return from >= op.rises_from || to < op.rises_from;
    return to >= op.since && (to >= op.falls_to || from < op.falls_to);
  }
  return true;
}

}  // namespace

void check_carried(const Graph& graph, const Node& node, int64_t from, int64_t to) {
  if (from == to) return;
  // An op that we know is carried for a form that older opsets do not have.
  const bool newer_form = op_from_onnx(node.type) != OpKind::unknown && to < from;
  if (node.op == OpKind::unknown && node.domain.empty() && (newer_form || !keeps_form(node.type, from, to))) {
    fail(Code::unsupported, "{} is written for opset {} and cannot be said in opset {}", graph.label(node), from, to);
  }
  for (const auto& [name, value] : node.attributes) {
    const auto* opaque = std::get_if<OpaqueAttribute>(&value);
    if (opaque == nullptr) continue;
    visit_subgraph_nodes(opaque->proto, [&](const std::string& type, const std::string& domain) {
      if (!domain.empty() && domain != "ai.onnx") return;
      const OpDef* def = op_def(op_from_onnx(type));
      const bool same = def != nullptr ? (to > from ? def->lift == nullptr : def->lower == nullptr && def->since <= to)
                                       : keeps_form(type, from, to);
      if (!same)
        fail(Code::unsupported, "{} has a {} in a sub-graph that is written for opset {}, not {}", graph.label(node),
             type, from, to);
    });
  }
}

}  // namespace pare
