#include "core/ops/define.h"
#include "core/ops/macs.h"
#include "core/ops/ties_window.h"

namespace pare {

static constexpr AttributeSpec conv_integer_attributes[] = {
    {"auto_pad", AttributeType::text}, {"dilations", AttributeType::integers},
    {"group", AttributeType::integer}, {"kernel_shape", AttributeType::integers},
    {"pads", AttributeType::integers}, {"strides", AttributeType::integers},
};

static int64_t conv_integer_macs(const Graph& graph, const Node& node) { return ops::conv_macs(graph, node, 1); }

// Inputs: X, W, and a zero point of each.
static void tie_conv_integer(ChannelTies& ties, const Node& node) {
  if (ops::pin_where_incomplete(ties, node)) return;
  ops::tie_convolution(ties, node, node.inputs[0], node.inputs[1], node.outputs[0]);
  if (ties.graph().has_input(node, 2)) ties.pin(node.inputs[2]);
  ops::tie_per_index(ties, node, 3, ties.axis(node.outputs[0], 1));
}
static void cut_conv_integer(ChannelCut& cut, NodeId id) { ops::cut_convolution(cut, id, 0, 1); }

const OpDef op_conv_integer = {.kind = OpKind::conv_integer,
                               .name = "ConvInteger",
                               .attributes = conv_integer_attributes,
                               .min_inputs = 2,
                               .max_inputs = 4,
                               .max_outputs = 1,
                               .macs = conv_integer_macs,
                               .since = 10,
                               .tie = tie_conv_integer,
                               .cut = cut_conv_integer};

}  // namespace pare
