#include "core/ops/define.h"
#include "core/ops/ties_complete.h"

namespace pare {

static constexpr AttributeSpec lrn_attributes[] = {
    {"alpha", AttributeType::real},
    {"beta", AttributeType::real},
    {"bias", AttributeType::real},
    {"size", AttributeType::integer},
};

// Channels are divided by sums over their neighbours, which would be others.
static void tie_lrn(ChannelTies& ties, const Node& node) {
  if (ops::pin_where_incomplete(ties, node)) return;
  ops::tie_axes(ties, node.inputs[0], node.outputs[0]);
  ties.pin_axis(node.inputs[0], 1);
}

const OpDef op_lrn = {.kind = OpKind::lrn,
                      .name = "LRN",
                      .attributes = lrn_attributes,
                      .min_inputs = 1,
                      .max_inputs = 1,
                      .max_outputs = 1,
                      .tie = tie_lrn};

}  // namespace pare
