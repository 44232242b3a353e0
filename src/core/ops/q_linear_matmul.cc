#include "core/ops/define.h"
#include "core/ops/macs.h"

namespace pare {

static int64_t q_linear_matmul_macs(const Graph& graph, const Node& node) {
  return ops::matmul_macs(graph, node, 0, 3);
}

const OpDef op_q_linear_matmul = {.kind = OpKind::q_linear_matmul,
                                  .name = "QLinearMatMul",
                                  .min_inputs = 8,
                                  .max_inputs = 8,
                                  .max_outputs = 1,
                                  .macs = q_linear_matmul_macs,
                                  .since = 10};

}  // namespace pare
