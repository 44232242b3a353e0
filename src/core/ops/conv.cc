#include "core/ops/define.h"
#include "core/ops/macs.h"

namespace pare {

static constexpr AttributeSpec conv_attributes[] = {
    {"auto_pad", AttributeType::text}, {"dilations", AttributeType::integers},
    {"group", AttributeType::integer}, {"kernel_shape", AttributeType::integers},
    {"pads", AttributeType::integers}, {"strides", AttributeType::integers},
};

static int64_t conv_macs(const Graph& graph, const Node& node) { return ops::conv_macs(graph, node, 1); }

const OpDef op_conv = {.kind = OpKind::conv,
                       .name = "Conv",
                       .attributes = conv_attributes,
                       .min_inputs = 2,
                       .max_inputs = 3,
                       .max_outputs = 1,
                       .macs = conv_macs,
                       .learned = {1, 2}};

}  // namespace pare
