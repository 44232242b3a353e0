#include <algorithm>

#include "core/ops/define.h"
#include "core/ops/macs.h"

namespace pare {

// A dot product per output element. The batch is dimension 0 of the output, unless that comes from a constant or
// another dimension is symbolic: then that is the batch (steps come first in some sequences).
static int64_t matmul_macs(const Graph& graph, const Node& node) {
  const Value &a = graph.value(node.inputs[0]), &b = graph.value(node.inputs[1]);
  const std::optional<Dims>& output = graph.value(node.outputs[0]).dims;
  if (!a.dims || a.dims->empty() || !b.dims || !output) return 0;
  const int64_t inner = ops::count_elements({&a.dims->back(), 1});
  const bool symbolic = std::any_of(output->begin(), output->end(), [](const Dim& dim) { return !dim.known(); });
  const bool batched = !symbolic && (a.is_constant() ? b.dims->size() > 2 : a.dims->size() > 1);
  return batched ? ops::count_per_sample(*output, inner) : ops::count_elements(*output, inner);
}

const OpDef op_matmul = {.kind = OpKind::matmul,
                         .name = "MatMul",
                         .min_inputs = 2,
                         .max_inputs = 2,
                         .max_outputs = 1,
                         .macs = matmul_macs,
                         .learned = {0, 1}};

}  // namespace pare
