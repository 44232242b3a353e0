#include "core/ops/define.h"
#include "core/ops/ties_complete.h"

namespace pare {

static constexpr AttributeSpec lp_normalization_attributes[] = {
    {"axis", AttributeType::integer},
    {"p", AttributeType::integer},
};

// A zero adds nothing to a norm, so that the normalized axis may lose indices too.
static void tie_lp_normalization(ChannelTies& ties, const Node& node) {
  if (!ops::pin_where_incomplete(ties, node)) ops::tie_axes(ties, node.inputs[0], node.outputs[0]);
}

const OpDef op_lp_normalization = {.kind = OpKind::lp_normalization,
                                   .name = "LpNormalization",
                                   .attributes = lp_normalization_attributes,
                                   .min_inputs = 1,
                                   .max_inputs = 1,
                                   .max_outputs = 1,
                                   .tie = tie_lp_normalization};

}  // namespace pare
