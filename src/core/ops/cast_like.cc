#include "core/ops/define.h"
#include "core/ops/rewrite.h"
#include "core/ops/ties_moved.h"
#include "format/onnx_dtype.h"

namespace pare {

// Came with opset 15; before, the type had a number.
static void lower_cast_like(Graph& graph, NodeId id, int64_t version) {
  if (version >= 15) return;
  const DType to = graph.value(graph.node(id).inputs.at(1)).dtype;
  if (to == DType::none) ops::unsupported(version, "casts to types that are known beforehand");
  ops::keep_inputs(graph, id, 1);
  graph.node(id).op = OpKind::cast;
  graph.node(id).type = onnx_name(OpKind::cast);
  graph.node(id).attributes.set("to", int64_t{dtype_to_onnx(to)});
}

// Of the second input only the type counts.
static void tie_cast_like(ChannelTies& ties, const Node& node) {
  if (ops::pin_where_unknown(ties, node)) return;
  ops::tie_axes(ties, node.inputs[0], node.outputs[0]);
}

const OpDef op_cast_like = {.kind = OpKind::cast_like,
                            .name = "CastLike",
                            .min_inputs = 2,
                            .max_inputs = 2,
                            .max_outputs = 1,
                            .lower = lower_cast_like,
                            .moves = true,
                            .tie = tie_cast_like};

}  // namespace pare
