#include "train/logits.h"

#include "core/error.h"

namespace pare {
namespace {

// Is `axis` that of the classes, and is there nothing else beside the batch?
bool scores_only(const Value& value, int64_t axis) {
  if (!value.dims) return axis == 1;
  const Dims& dims = *value.dims;
  if (dims.size() == 2) return axis == 1;
  for (size_t i = 1; i < dims.size(); ++i)
    if (static_cast<int64_t>(i) != axis && dims[i] != Dim(1)) return false;
  return axis >= 1;
}

}  // namespace

ValueId logits_of(const Graph& graph) {
  ensure(!graph.outputs.empty(), "the network has no output");
  const ValueId output = graph.outputs[0];
  const auto rank_of = [&](ValueId id) { return graph.value(id).dims ? graph.value(id).dims->size() : 2; };
  ValueId at = output;
  for (;;) {
    const NodeId producer = graph.value(at).producer;
    if (producer == kNoNode) return output;
    const Node& node = graph.node(producer);
    const bool reshapes = node.op == OpKind::flatten || node.op == OpKind::reshape || node.op == OpKind::squeeze;
    if (node.op == OpKind::softmax) {
      const int64_t axis = node.attributes.integer("axis", -1), rank = static_cast<int64_t>(rank_of(at));
      return scores_only(graph.value(at), axis < 0 ? axis + rank : axis) ? node.inputs[0] : output;
    }
    // Only what gives every sample its row of scores in another form.
    if (node.op != OpKind::identity && !(reshapes && rank_of(output) == 2)) return output;
    at = node.inputs[0];
  }
}

}  // namespace pare
