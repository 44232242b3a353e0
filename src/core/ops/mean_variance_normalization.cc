#include "core/ops/define.h"
#include "core/ops/ties_complete.h"

namespace pare {

static constexpr AttributeSpec mean_variance_normalization_attributes[] = {
    {"axes", AttributeType::integers},
};

static void tie_mean_variance_normalization(ChannelTies& ties, const Node& node) {
  if (ops::pin_where_incomplete(ties, node)) return;
  ops::tie_axes(ties, node.inputs[0], node.outputs[0]);
  for (const int64_t axis : node.attributes.integers("axes", {0, 2, 3})) ties.averaged(ties.axis(node.inputs[0], axis));
}

const OpDef op_mean_variance_normalization = {.kind = OpKind::mean_variance_normalization,
                                              .name = "MeanVarianceNormalization",
                                              .attributes = mean_variance_normalization_attributes,
                                              .min_inputs = 1,
                                              .max_inputs = 1,
                                              .max_outputs = 1,
                                              .since = 9,
                                              .tie = tie_mean_variance_normalization};

}  // namespace pare
