#include "core/ops/define.h"
#include "core/ops/ties_moved.h"

namespace pare {

static constexpr AttributeSpec reverse_sequence_attributes[] = {
    {"batch_axis", AttributeType::integer},
    {"time_axis", AttributeType::integer},
};

static void tie_reverse_sequence(ChannelTies& ties, const Node& node) {
  if (ops::pin_where_unknown(ties, node)) return;
  ops::tie_axes(ties, node.inputs[0], node.outputs[0]);
  ties.pin_axis(node.inputs[0], node.attributes.integer("batch_axis", 1));
  ties.pin_axis(node.inputs[0], node.attributes.integer("time_axis", 0));
  ties.pin(node.inputs[1]);
}

const OpDef op_reverse_sequence = {.kind = OpKind::reverse_sequence,
                                   .name = "ReverseSequence",
                                   .attributes = reverse_sequence_attributes,
                                   .min_inputs = 2,
                                   .max_inputs = 2,
                                   .max_outputs = 1,
                                   .since = 10,
                                   .tie = tie_reverse_sequence};

}  // namespace pare
