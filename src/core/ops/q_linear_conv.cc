#include "core/ops/define.h"
#include "core/ops/macs.h"
#include "core/ops/ties_window.h"

namespace pare {

static constexpr AttributeSpec q_linear_conv_attributes[] = {
    {"auto_pad", AttributeType::text}, {"dilations", AttributeType::integers},
    {"group", AttributeType::integer}, {"kernel_shape", AttributeType::integers},
    {"pads", AttributeType::integers}, {"strides", AttributeType::integers},
};

static int64_t q_linear_conv_macs(const Graph& graph, const Node& node) { return ops::conv_macs(graph, node, 3); }

// Inputs: X, W and Y with scale and zero point each, where that of Y comes without Y; then the bias.
static void tie_q_linear_conv(ChannelTies& ties, const Node& node) {
  if (ops::pin_where_incomplete(ties, node)) return;
  ops::tie_convolution(ties, node, node.inputs[0], node.inputs[3], node.outputs[0]);
  const IndexRange filters = ties.axis(node.outputs[0], 1);
  for (const size_t input : {1U, 2U, 6U, 7U}) ties.pin(node.inputs[input]);
  for (const size_t input : {4U, 5U}) ops::tie_per_index(ties, node, input, filters);
  if (ties.graph().has_input(node, 8)) ties.tie(ties.axis(node.inputs[8], 0), filters);
}
static void cut_q_linear_conv(ChannelCut& cut, NodeId id) { ops::cut_convolution(cut, id, 0, 3); }

const OpDef op_q_linear_conv = {.kind = OpKind::q_linear_conv,
                                .name = "QLinearConv",
                                .attributes = q_linear_conv_attributes,
                                .min_inputs = 8,
                                .max_inputs = 9,
                                .max_outputs = 1,
                                .macs = q_linear_conv_macs,
                                .since = 10,
                                .tie = tie_q_linear_conv,
                                .cut = cut_q_linear_conv};

}  // namespace pare
