#include "core/ops/define.h"
#include "core/ops/macs.h"

namespace pare {

static constexpr AttributeSpec q_linear_conv_attributes[] = {
    {"auto_pad", AttributeType::text}, {"dilations", AttributeType::integers},
    {"group", AttributeType::integer}, {"kernel_shape", AttributeType::integers},
    {"pads", AttributeType::integers}, {"strides", AttributeType::integers},
};

static int64_t q_linear_conv_macs(const Graph& graph, const Node& node) { return ops::conv_macs(graph, node, 3); }

const OpDef op_q_linear_conv = {.kind = OpKind::q_linear_conv,
                                .name = "QLinearConv",
                                .attributes = q_linear_conv_attributes,
                                .min_inputs = 8,
                                .max_inputs = 9,
                                .max_outputs = 1,
                                .macs = q_linear_conv_macs,
                                .since = 10};

}  // namespace pare
