#include "core/ops/define.h"
#include "core/ops/rewrite.h"
#include "core/ops/ties_elementwise.h"

namespace pare {

// Integers came with opset 14.
static void lower_relu(Graph& graph, NodeId id, int64_t version) {
  if (version < 14) ops::need_type(graph, id, version, is_float);
}

const OpDef op_relu = {.kind = OpKind::relu,
                       .name = "Relu",
                       .min_inputs = 1,
                       .max_inputs = 1,
                       .max_outputs = 1,
                       .lower = lower_relu,
                       .tie = ops::tie_elementwise};

}  // namespace pare
