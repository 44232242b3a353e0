#include "core/ops/define.h"
#include "core/ops/macs.h"
#include "core/ops/ties_matrix.h"

namespace pare {

static int64_t q_linear_matmul_macs(const Graph& graph, const Node& node) {
  return ops::matmul_macs(graph, node, 0, 3);
}

// Inputs: A, B and Y with scale and zero point each, where that of Y comes without Y.
static void tie_q_linear_matmul(ChannelTies& ties, const Node& node) {
  if (ops::pin_where_incomplete(ties, node)) return;
  const ValueId a = node.inputs[0], b = node.inputs[3], y = node.outputs[0];
  ops::tie_product_of(ties, a, b, y);
  for (const size_t i : {0U, 1U}) {
    ops::tie_matrix_scale(ties, node, 1 + i, a, -2);
    ops::tie_matrix_scale(ties, node, 4 + i, b, -1);
    ops::tie_matrix_scale(ties, node, 6 + i, y, -2);
  }
}

const OpDef op_q_linear_matmul = {.kind = OpKind::q_linear_matmul,
                                  .name = "QLinearMatMul",
                                  .min_inputs = 8,
                                  .max_inputs = 8,
                                  .max_outputs = 1,
                                  .macs = q_linear_matmul_macs,
                                  .since = 10,
                                  .tie = tie_q_linear_matmul};

}  // namespace pare
