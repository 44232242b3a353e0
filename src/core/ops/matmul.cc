#include "core/ops/define.h"
#include "core/ops/macs.h"
#include "core/ops/ties_matrix.h"

namespace pare {

static int64_t matmul_macs(const Graph& graph, const Node& node) { return ops::matmul_macs(graph, node, 0, 1); }

static void tie_matmul(ChannelTies& ties, const Node& node) {
  if (ops::pin_where_incomplete(ties, node)) return;
  ops::tie_product_of(ties, node.inputs[0], node.inputs[1], node.outputs[0]);
}

const OpDef op_matmul = {.kind = OpKind::matmul,
                         .name = "MatMul",
                         .min_inputs = 2,
                         .max_inputs = 2,
                         .max_outputs = 1,
                         .macs = matmul_macs,
                         .learned = {0, 1},
                         .tie = tie_matmul};

}  // namespace pare
