#include "core/ops/define.h"
#include "core/ops/macs.h"

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

const OpDef op_conv_transpose = {.kind = OpKind::conv_transpose,
                                 .name = "ConvTranspose",
                                 .attributes = conv_transpose_attributes,
                                 .min_inputs = 2,
                                 .max_inputs = 3,
                                 .max_outputs = 1,
                                 .macs = conv_transpose_macs,
                                 .learned = {1, 2}};

}  // namespace pare
