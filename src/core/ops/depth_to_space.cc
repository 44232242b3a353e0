#include "core/ops/define.h"
#include "core/ops/ties_block.h"
#include "core/ops/ties_moved.h"

namespace pare {

static constexpr AttributeSpec depth_to_space_attributes[] = {
    {"blocksize", AttributeType::integer},
    {"mode", AttributeType::text},
};

// Channels are (place in the block, channel) in mode DCR and (channel, place) in CRD; the place stays.
static void tie_depth_to_space(ChannelTies& ties, const Node& node) {
  if (ops::pin_where_unknown(ties, node)) return;
  const ValueId x = node.inputs[0], y = node.outputs[0];
  ops::tie_same(ties, x, 0, y, 0);
  ops::pin_axes_from(ties, x, 2);
  ops::pin_axes_from(ties, y, 2);
  const IndexRange place = ops::places_of_block(ties, node, x);
  if (place.empty()) {
    ties.pin_axis(x, 1);
    ties.pin_axis(y, 1);
  } else if (node.attributes.text("mode", "DCR") == "CRD") {
    ties.tie_product(ties.axis(x, 1), {ties.axis(y, 1), place});
  } else {
    ties.tie_product(ties.axis(x, 1), {place, ties.axis(y, 1)});
  }
}

const OpDef op_depth_to_space = {.kind = OpKind::depth_to_space,
                                 .name = "DepthToSpace",
                                 .attributes = depth_to_space_attributes,
                                 .min_inputs = 1,
                                 .max_inputs = 1,
                                 .max_outputs = 1,
                                 .tie = tie_depth_to_space};

}  // namespace pare
