#include "core/ops/define.h"
#include "core/ops/ties_moved.h"

namespace pare {

static constexpr AttributeSpec compress_attributes[] = {
    {"axis", AttributeType::integer},
};

static void tie_compress(ChannelTies& ties, const Node& node) {
  if (!node.attributes.has("axis")) return ops::pin_everything(ties, node);
  if (ops::pin_where_unknown(ties, node)) return;
  const ValueId x = node.inputs[0], y = node.outputs[0];
  const size_t axis = ops::axis_of(ties.graph(), node, x, 0);
  ops::tie_axes_but(ties, x, y, axis);
  ties.pin_axis(x, static_cast<int64_t>(axis));
  ties.pin_axis(y, static_cast<int64_t>(axis));
  ties.pin(node.inputs[1]);
}

const OpDef op_compress = {.kind = OpKind::compress,
                           .name = "Compress",
                           .attributes = compress_attributes,
                           .min_inputs = 2,
                           .max_inputs = 2,
                           .max_outputs = 1,
                           .since = 9,
                           .tie = tie_compress};

}  // namespace pare
