#include "core/ops/define.h"
#include "core/ops/macs.h"

namespace pare {

static constexpr AttributeSpec conv_integer_attributes[] = {
    {"auto_pad", AttributeType::text}, {"dilations", AttributeType::integers},
    {"group", AttributeType::integer}, {"kernel_shape", AttributeType::integers},
    {"pads", AttributeType::integers}, {"strides", AttributeType::integers},
};

static int64_t conv_integer_macs(const Graph& graph, const Node& node) { return ops::conv_macs(graph, node, 1); }

const OpDef op_conv_integer = {.kind = OpKind::conv_integer,
                               .name = "ConvInteger",
                               .attributes = conv_integer_attributes,
                               .min_inputs = 2,
                               .max_inputs = 4,
                               .max_outputs = 1,
                               .macs = conv_integer_macs,
                               .since = 10};

}  // namespace pare
