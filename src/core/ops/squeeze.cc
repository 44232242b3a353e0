#include "core/channels/cut.h"
#include "core/ops/define.h"
#include "core/ops/rewrite.h"
#include "core/ops/ties_reindex.h"

namespace pare {

// Until opset 12 the axes were an attribute.
static void lift_squeeze(Graph& graph, NodeId id, int64_t version) {
  if (version < 13) ops::integers_to_input(graph, id, "axes", 1);
}

static void lower_squeeze(Graph& graph, NodeId id, int64_t version) {
  if (version < 13) ops::integers_to_attribute(graph, id, 1, "axes", version);
}

// Without axes, every dimension of 1 goes: none that became 1 may.
static void cut_squeeze(ChannelCut& cut, NodeId id) {
  const Node& node = cut.graph().node(id);
  if (cut.graph().has_input(node, 1) || !cut.cuts(node.inputs[0])) return;
  const Dims& dims = *cut.graph().value(node.inputs[0]).dims;
  Shape axes;
  for (size_t i = 0; i < dims.size(); ++i) {
    if (dims[i] == Dim(1)) axes.push_back(static_cast<int64_t>(i));
  }
  if (!axes.empty()) return cut.set_integers(id, 1, axes);
  Node& same = cut.graph().node(id);
  same.op = OpKind::identity;
  same.type = onnx_name(OpKind::identity);
  same.attributes = {};
}

const OpDef op_squeeze = {.kind = OpKind::squeeze,
                          .name = "Squeeze",
                          .min_inputs = 1,
                          .max_inputs = 2,
                          .max_outputs = 1,
                          .lift = lift_squeeze,
                          .lower = lower_squeeze,
                          .moves = true,
                          .tie = ops::tie_reindex,
                          .cut = cut_squeeze};

}  // namespace pare
