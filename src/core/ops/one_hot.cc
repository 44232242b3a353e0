#include "core/ops/define.h"
#include "core/ops/ties_moved.h"

namespace pare {

static constexpr AttributeSpec one_hot_attributes[] = {
    {"axis", AttributeType::integer},
};

static void tie_one_hot(ChannelTies& ties, const Node& node) {
  if (ops::pin_where_unknown(ties, node)) return;
  const ValueId indices = node.inputs[0], out = node.outputs[0];
  const size_t axis = ops::axis_of(ties.graph(), node, out, -1);
  for (size_t i = 0; i < ties.rank(indices); ++i) ops::tie_same(ties, indices, i, out, i < axis ? i : i + 1);
  ties.pin_axis(out, static_cast<int64_t>(axis));
  ties.pin(node.inputs[1]);
  ties.pin(node.inputs[2]);
}

const OpDef op_one_hot = {.kind = OpKind::one_hot,
                          .name = "OneHot",
                          .attributes = one_hot_attributes,
                          .min_inputs = 3,
                          .max_inputs = 3,
                          .max_outputs = 1,
                          .since = 9,
                          .tie = tie_one_hot};

}  // namespace pare
