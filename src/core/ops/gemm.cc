#include "core/ops/define.h"
#include "core/ops/macs.h"
#include "core/ops/ties_complete.h"

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

static void tie_gemm(ChannelTies& ties, const Node& node) {
  if (ops::pin_where_incomplete(ties, node)) return;
  const ValueId a = node.inputs[0], b = node.inputs[1], y = node.outputs[0];
  const int a_turned = node.attributes.integer("transA", 0) != 0 ? 1 : 0;
  const int b_turned = node.attributes.integer("transB", 0) != 0 ? 1 : 0;
  ties.tie(ties.axis(a, a_turned), ties.axis(y, 0));
  ties.tie(ties.axis(a, 1 - a_turned), ties.axis(b, b_turned));
  ties.tie(ties.axis(b, 1 - b_turned), ties.axis(y, 1));
  if (ties.graph().has_input(node, 2)) ops::tie_broadcast(ties, node.inputs[2], y);
}

const OpDef op_gemm = {.kind = OpKind::gemm,
                       .name = "Gemm",
                       .attributes = gemm_attributes,
                       .min_inputs = 2,
                       .max_inputs = 3,
                       .max_outputs = 1,
                       .macs = gemm_macs,
                       .learned = {1, 2},
                       .tie = tie_gemm};

}  // namespace pare
