#include "core/ops/define.h"
#include "core/ops/rewrite.h"
#include "core/ops/ties_reindex.h"

namespace pare {

// Until opset 12 the axes were an attribute.
static void lift_unsqueeze(Graph& graph, NodeId id, int64_t version) {
  if (version < 13) ops::integers_to_input(graph, id, "axes", 1);
}

static void lower_unsqueeze(Graph& graph, NodeId id, int64_t version) {
  if (version < 13) ops::integers_to_attribute(graph, id, 1, "axes", version);
}

const OpDef op_unsqueeze = {.kind = OpKind::unsqueeze,
                            .name = "Unsqueeze",
                            .min_inputs = 2,
                            .max_inputs = 2,
                            .max_outputs = 1,
                            .lift = lift_unsqueeze,
                            .lower = lower_unsqueeze,
                            .moves = true,
                            .tie = ops::tie_reindex};

}  // namespace pare
