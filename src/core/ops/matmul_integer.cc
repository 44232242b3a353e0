#include "core/ops/define.h"
#include "core/ops/macs.h"

namespace pare {

static int64_t matmul_integer_macs(const Graph& graph, const Node& node) { return ops::matmul_macs(graph, node, 0, 1); }

const OpDef op_matmul_integer = {.kind = OpKind::matmul_integer,
                                 .name = "MatMulInteger",
                                 .min_inputs = 2,
                                 .max_inputs = 4,
                                 .max_outputs = 1,
                                 .macs = matmul_integer_macs,
                                 .since = 10};

}  // namespace pare
