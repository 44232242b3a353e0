#include "core/ops/define.h"
#include "core/ops/ties_complete.h"

namespace pare {

static constexpr AttributeSpec instance_normalization_attributes[] = {
    {"epsilon", AttributeType::real},
};

static void tie_instance_normalization(ChannelTies& ties, const Node& node) {
  if (ops::pin_where_incomplete(ties, node)) return;
  const ValueId x = node.inputs[0];
  ops::tie_axes(ties, x, node.outputs[0]);
  ops::pin_axes_from(ties, x, 2);
  for (const size_t i : {1U, 2U}) ties.tie(ties.axis(node.inputs[i], 0), ties.axis(x, 1));
}

const OpDef op_instance_normalization = {.kind = OpKind::instance_normalization,
                                         .name = "InstanceNormalization",
                                         .attributes = instance_normalization_attributes,
                                         .min_inputs = 3,
                                         .max_inputs = 3,
                                         .max_outputs = 1,
                                         .learned = {1, 2},
                                         .tie = tie_instance_normalization};

}  // namespace pare
