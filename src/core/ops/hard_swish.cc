#include "core/edit.h"
#include "core/ops/define.h"
#include "core/ops/rewrite.h"
#include "core/ops/ties_elementwise.h"

namespace pare {

// Came with opset 14. Its definition: x * HardSigmoid(x) with these two numbers.
static void lower_hard_swish(Graph& graph, NodeId id, int64_t version) {
  if (version >= 14) return;
  const ValueId x = graph.node(id).inputs.at(0);
  Attributes slope;
  slope.set("alpha", 1.0f / 6.0f);
  slope.set("beta", 0.5f);
  const ValueId gate = ops::insert_before(graph, id, OpKind::hard_sigmoid, "gate", {x}, std::move(slope));
  graph.value(gate).dtype = graph.value(x).dtype;
  graph.value(gate).dims = graph.value(x).dims;
  graph.node(id).op = OpKind::mul;
  graph.node(id).type = onnx_name(OpKind::mul);
  set_input(graph, id, 1, gate);
}

const OpDef op_hard_swish = {.kind = OpKind::hard_swish,
                             .name = "HardSwish",
                             .min_inputs = 1,
                             .max_inputs = 1,
                             .max_outputs = 1,
                             .lower = lower_hard_swish,
                             .since = 6,
                             .tie = ops::tie_elementwise};

}  // namespace pare
