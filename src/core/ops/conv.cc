#include "core/ops/define.h"
#include "core/ops/macs.h"

namespace pare {

static constexpr AttributeSpec conv_attributes[] = {
    {"auto_pad", AttributeType::text}, {"dilations", AttributeType::integers},
    {"group", AttributeType::integer}, {"kernel_shape", AttributeType::integers},
    {"pads", AttributeType::integers}, {"strides", AttributeType::integers},
};

// Each output element is a dot product over one group's input channels and the kernel.
static int64_t conv_macs(const Graph& graph, const Node& node) {
  const std::optional<Dims>& weight = graph.value(node.inputs[1]).dims;
  const std::optional<Dims>& output = graph.value(node.outputs[0]).dims;
  return weight && output ? ops::count_per_sample(*output, ops::count_per_sample(*weight)) : 0;
}

const OpDef op_conv = {.kind = OpKind::conv,
                       .name = "Conv",
                       .attributes = conv_attributes,
                       .min_inputs = 2,
                       .max_inputs = 3,
                       .max_outputs = 1,
                       .macs = conv_macs,
                       .learned = {1, 2}};

}  // namespace pare
