#include "core/ops/define.h"
#include "core/ops/rewrite.h"

namespace pare {

// Until opset 9 all of it were attributes, and there were no steps.
static void lift_slice(Graph& graph, NodeId id, int64_t version) {
  if (version >= 10) return;
  ops::integers_to_input(graph, id, "starts", 1);
  ops::integers_to_input(graph, id, "ends", 2);
  ops::integers_to_input(graph, id, "axes", 3);
}

const OpDef op_slice = {.kind = OpKind::slice,
                        .name = "Slice",
                        .min_inputs = 3,
                        .max_inputs = 5,
                        .max_outputs = 1,
                        .lift = lift_slice,
                        .moves = true};

}  // namespace pare
