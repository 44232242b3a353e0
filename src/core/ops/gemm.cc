#include "core/ops/define.h"
#include "core/ops/macs.h"

namespace pare {

static constexpr AttributeSpec gemm_attributes[] = {
    {"alpha", AttributeType::real},
    {"beta", AttributeType::real},
    {"transA", AttributeType::integer},
    {"transB", AttributeType::integer},
};

// One row of the output is one sample: a dot product per column.
static int64_t gemm_macs(const Graph& graph, const Node& node) {
  const std::optional<Dims>& weight = graph.value(node.inputs[1]).dims;
  return weight ? ops::count_elements(*weight) : 0;
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
