#include "core/ops/define.h"
#include "core/ops/macs.h"
#include "core/ops/ties_matrix.h"

namespace pare {

static int64_t matmul_integer_macs(const Graph& graph, const Node& node) { return ops::matmul_macs(graph, node, 0, 1); }

// Inputs: A, B, and a zero point of each.
static void tie_matmul_integer(ChannelTies& ties, const Node& node) {
  if (ops::pin_where_incomplete(ties, node)) return;
  ops::tie_product_of(ties, node.inputs[0], node.inputs[1], node.outputs[0]);
  ops::tie_matrix_scale(ties, node, 2, node.inputs[0], -2);
  ops::tie_matrix_scale(ties, node, 3, node.inputs[1], -1);
}

const OpDef op_matmul_integer = {.kind = OpKind::matmul_integer,
                                 .name = "MatMulInteger",
                                 .min_inputs = 2,
                                 .max_inputs = 4,
                                 .max_outputs = 1,
                                 .macs = matmul_integer_macs,
                                 .since = 10,
                                 .tie = tie_matmul_integer};

}  // namespace pare
