#include "core/ops/define.h"
#include "core/ops/rewrite.h"
#include "core/ops/ties_window.h"

namespace pare {

static constexpr AttributeSpec max_pool_attributes[] = {
    {"auto_pad", AttributeType::text},      {"ceil_mode", AttributeType::integer},
    {"dilations", AttributeType::integers}, {"kernel_shape", AttributeType::integers},
    {"pads", AttributeType::integers},      {"storage_order", AttributeType::integer},
    {"strides", AttributeType::integers},
};

// Bytes came with opset 12.
static void lower_max_pool(Graph& graph, NodeId id, int64_t version) {
  if (version < 12) ops::need_type(graph, id, version, is_float);
}

// Indices count through the whole tensor, channels included.
static void tie_max_pool(ChannelTies& ties, const Node& node) {
  if (node.outputs.size() > 1 && node.outputs[1] != kNoValue) return ops::pin_everything(ties, node);
  ops::tie_pool(ties, node);
}

const OpDef op_max_pool = {.kind = OpKind::max_pool,
                           .name = "MaxPool",
                           .attributes = max_pool_attributes,
                           .min_inputs = 1,
                           .max_inputs = 1,
                           .max_outputs = 2,
                           .lower = lower_max_pool,
                           .tie = tie_max_pool};

}  // namespace pare
