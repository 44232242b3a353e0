#include "core/ops/define.h"
#include "core/ops/ties_block.h"
#include "core/ops/ties_moved.h"

namespace pare {

static constexpr AttributeSpec space_to_depth_attributes[] = {
    {"blocksize", AttributeType::integer},
};

// Channels of the result are (place in the block, channel); the place stays.
static void tie_space_to_depth(ChannelTies& ties, const Node& node) {
  if (ops::pin_where_unknown(ties, node)) return;
  const ValueId x = node.inputs[0], y = node.outputs[0];
  ops::tie_same(ties, x, 0, y, 0);
  ops::pin_axes_from(ties, x, 2);
  ops::pin_axes_from(ties, y, 2);
  const IndexRange place = ops::places_of_block(ties, node, y);
  if (place.empty()) {
    ties.pin_axis(x, 1);
    ties.pin_axis(y, 1);
  } else {
    ties.tie_product(ties.axis(y, 1), {place, ties.axis(x, 1)});
  }
}

const OpDef op_space_to_depth = {.kind = OpKind::space_to_depth,
                                 .name = "SpaceToDepth",
                                 .attributes = space_to_depth_attributes,
                                 .min_inputs = 1,
                                 .max_inputs = 1,
                                 .max_outputs = 1,
                                 .tie = tie_space_to_depth};

}  // namespace pare
