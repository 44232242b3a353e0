#include "core/ops/define.h"
#include "core/ops/macs.h"
#include "core/ops/ties_window.h"

namespace pare {

static constexpr AttributeSpec conv_transpose_attributes[] = {
    {"auto_pad", AttributeType::text},           {"dilations", AttributeType::integers},
    {"group", AttributeType::integer},           {"kernel_shape", AttributeType::integers},
    {"output_padding", AttributeType::integers}, {"output_shape", AttributeType::integers},
    {"pads", AttributeType::integers},           {"strides", AttributeType::integers},
};

// Each input element is multiplied with the kernel of every output channel of its group.
static int64_t conv_transpose_macs(const Graph& graph, const Node& node) {
  const std::optional<Dims>&weight = graph.value(node.inputs[1]).dims, &input = graph.value(node.inputs[0]).dims;
  return weight && input ? ops::count_per_sample(*input, ops::count_per_sample(*weight)) : 0;
}

// X [N, G K, places ...], W [G K, M, places ...], Y [N, G M, places ...].
static void tie_conv_transpose(ChannelTies& ties, const Node& node) {
  if (ops::pin_where_incomplete(ties, node)) return;
  const ValueId x = node.inputs[0], w = node.inputs[1], y = node.outputs[0];
  ops::tie_weight(ties, node, w, ties.axis(x, 1), ties.axis(y, 1));
  ties.tie(ties.axis(x, 0), ties.axis(y, 0));
  for (const ValueId v : {x, w, y}) ops::pin_axes_from(ties, v, 2);
  if (ties.graph().has_input(node, 2)) ties.tie(ties.axis(node.inputs[2], 0), ties.axis(y, 1));
}

static void cut_conv_transpose(ChannelCut& cut, NodeId id) {
  Node& node = cut.graph().node(id);
  if (node.attributes.integer("group", 1) == 1 || !cut.cuts(node.inputs[0])) return;
  node.attributes.set("group", cut.dim(node.outputs[0], 1).factor / cut.dim(node.inputs[1], 1).factor);
}

const OpDef op_conv_transpose = {.kind = OpKind::conv_transpose,
                                 .name = "ConvTranspose",
                                 .attributes = conv_transpose_attributes,
                                 .min_inputs = 2,
                                 .max_inputs = 3,
                                 .max_outputs = 1,
                                 .macs = conv_transpose_macs,
                                 .learned = {1, 2},
                                 .tie = tie_conv_transpose,
                                 .cut = cut_conv_transpose};

}  // namespace pare
