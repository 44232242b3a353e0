#include "core/ops/define.h"
#include "core/ops/macs.h"

namespace pare {

static constexpr AttributeSpec gemm_attributes[] = {
    {"alpha", AttributeType::real},
    {"beta", AttributeType::real},
    {"transA", AttributeType::integer},
    {"transB", AttributeType::integer},
};

// One row of the output is one sample, or a multiple of the batch says how many are: a dot product per column.
static int64_t gemm_macs(const Graph& graph, const Node& node) {
  const std::optional<Dims>& weight = graph.value(node.inputs[1]).dims;
  const std::optional<Dims>& output = graph.value(node.outputs[0]).dims;
  if (!weight) return 0;
  return ops::count_elements(*weight, output && !output->empty() && !(*output)[0].known() ? (*output)[0].factor : 1);
}

const OpDef op_gemm = {.kind = OpKind::gemm,
                       .name = "Gemm",
                       .attributes = gemm_attributes,
                       .min_inputs = 2,
                       .max_inputs = 3,
                       .max_outputs = 1,
                       .macs = gemm_macs,
                       .learned = {1, 2}};

}  // namespace pare
