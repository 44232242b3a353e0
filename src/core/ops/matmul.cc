#include "core/ops/define.h"
#include "core/ops/macs.h"

namespace pare {

static int64_t matmul_macs(const Graph& graph, const Node& node) { return ops::matmul_macs(graph, node, 0, 1); }

const OpDef op_matmul = {.kind = OpKind::matmul,
                         .name = "MatMul",
                         .min_inputs = 2,
                         .max_inputs = 2,
                         .max_outputs = 1,
                         .macs = matmul_macs,
                         .learned = {0, 1}};

}  // namespace pare
