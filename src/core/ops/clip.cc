#include "core/ops/define.h"
#include "core/ops/rewrite.h"
#include "core/ops/ties_elementwise.h"

namespace pare {

// Until opset 10 the bounds were attributes; as inputs they need the type of x.
static void lift_clip(Graph& graph, NodeId id, int64_t version) {
  if (version >= 11) return;
  ops::real_to_input(graph, id, "min", 1);
  ops::real_to_input(graph, id, "max", 2);
}

// Integers came with opset 12.
static void lower_clip(Graph& graph, NodeId id, int64_t version) {
  if (version < 12) ops::need_type(graph, id, version, is_float);
}

const OpDef op_clip = {.kind = OpKind::clip,
                       .name = "Clip",
                       .min_inputs = 1,
                       .max_inputs = 3,
                       .max_outputs = 1,
                       .lift = lift_clip,
                       .lower = lower_clip,
                       .lift_needs_facts = true,
                       .tie = ops::tie_elementwise};

}  // namespace pare
