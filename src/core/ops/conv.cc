#include "core/ops/define.h"
#include "core/ops/macs.h"
#include "core/ops/ties_window.h"

namespace pare {

static constexpr AttributeSpec conv_attributes[] = {
    {"auto_pad", AttributeType::text}, {"dilations", AttributeType::integers},
    {"group", AttributeType::integer}, {"kernel_shape", AttributeType::integers},
    {"pads", AttributeType::integers}, {"strides", AttributeType::integers},
};

static int64_t conv_macs(const Graph& graph, const Node& node) { return ops::conv_macs(graph, node, 1); }

static void tie_conv(ChannelTies& ties, const Node& node) {
  if (ops::pin_where_incomplete(ties, node)) return;
  ops::tie_convolution(ties, node, node.inputs[0], node.inputs[1], node.outputs[0]);
  if (ties.graph().has_input(node, 2)) ties.tie(ties.axis(node.inputs[2], 0), ties.axis(node.outputs[0], 1));
}
static void cut_conv(ChannelCut& cut, NodeId id) { ops::cut_convolution(cut, id, 0, 1); }

const OpDef op_conv = {.kind = OpKind::conv,
                       .name = "Conv",
                       .attributes = conv_attributes,
                       .min_inputs = 2,
                       .max_inputs = 3,
                       .max_outputs = 1,
                       .macs = conv_macs,
                       .learned = {1, 2},
                       .tie = tie_conv,
                       .cut = cut_conv};

}  // namespace pare
