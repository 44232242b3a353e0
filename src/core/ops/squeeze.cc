#include "core/ops/define.h"
#include "core/ops/rewrite.h"

namespace pare {

// Until opset 12 the axes were an attribute.
static void lift_squeeze(Graph& graph, NodeId id, int64_t version) {
  if (version < 13) ops::integers_to_input(graph, id, "axes", 1);
}

static void lower_squeeze(Graph& graph, NodeId id, int64_t version) {
  if (version < 13) ops::integers_to_attribute(graph, id, 1, "axes", version);
}

const OpDef op_squeeze = {.kind = OpKind::squeeze,
                          .name = "Squeeze",
                          .min_inputs = 1,
                          .max_inputs = 2,
                          .max_outputs = 1,
                          .lift = lift_squeeze,
                          .lower = lower_squeeze,
                          .moves = true};

}  // namespace pare
