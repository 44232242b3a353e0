#include "core/ops/define.h"
#include "core/ops/ties_moved.h"

namespace pare {

static constexpr AttributeSpec cum_sum_attributes[] = {
    {"exclusive", AttributeType::integer},
    {"reverse", AttributeType::integer},
};

// Along its axis, too: zeros add nothing to the sums of what stays.
static void tie_cum_sum(ChannelTies& ties, const Node& node) {
  if (ops::pin_where_unknown(ties, node)) return;
  ops::tie_axes(ties, node.inputs[0], node.outputs[0]);
  ties.pin(node.inputs[1]);
}

const OpDef op_cum_sum = {.kind = OpKind::cum_sum,
                          .name = "CumSum",
                          .attributes = cum_sum_attributes,
                          .min_inputs = 2,
                          .max_inputs = 2,
                          .max_outputs = 1,
                          .since = 11,
                          .tie = tie_cum_sum};

}  // namespace pare
