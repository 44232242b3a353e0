#include "core/ops/define.h"
#include "core/ops/ties_complete.h"

namespace pare {

static constexpr AttributeSpec layer_normalization_attributes[] = {
    {"axis", AttributeType::integer},
    {"epsilon", AttributeType::real},
    {"stash_type", AttributeType::integer},
};

static void tie_layer_normalization(ChannelTies& ties, const Node& node) {
  if (ops::pin_where_incomplete(ties, node)) return;
  const ValueId x = node.inputs[0];
  const auto rank = static_cast<int64_t>(ties.rank(x));
  const int64_t given = node.attributes.integer("axis", -1), first = given < 0 ? given + rank : given;
  ops::tie_axes(ties, x, node.outputs[0]);
  for (int64_t axis = first; axis < rank; ++axis) ties.averaged(ties.axis(x, axis));
  for (size_t i = 1; i < node.inputs.size(); ++i)
    if (ties.graph().has_input(node, i)) ops::tie_broadcast(ties, node.inputs[i], x);
  for (size_t i = 1; i < node.outputs.size(); ++i)  // mean and deviation: size 1 along what they are taken over
    if (node.outputs[i] != kNoValue) ops::tie_broadcast(ties, node.outputs[i], x);
}

const OpDef op_layer_normalization = {.kind = OpKind::layer_normalization,
                                      .name = "LayerNormalization",
                                      .attributes = layer_normalization_attributes,
                                      .min_inputs = 2,
                                      .max_inputs = 3,
                                      .max_outputs = 3,
                                      .since = 17,
                                      .learned = {1, 2},
                                      .tie = tie_layer_normalization};

}  // namespace pare
