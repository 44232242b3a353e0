#include "core/channels/cut.h"
#include "core/ops/define.h"
#include "core/ops/ties_moved.h"
#include "core/ops/ties_shape_list.h"

namespace pare {

static constexpr AttributeSpec constant_of_shape_attributes[] = {
    {"value", AttributeType::tensor},
};

static void tie_constant_of_shape(ChannelTies& ties, const Node& node) {
  if (ops::pin_where_unknown(ties, node)) return;
  ties.pin(node.inputs[0]);
  ops::pin_computed_dims(ties, node, 0);
}

static void cut_constant_of_shape(ChannelCut& cut, NodeId id) { ops::cut_shape_list(cut, id, 0); }

const OpDef op_constant_of_shape = {.kind = OpKind::constant_of_shape,
                                    .name = "ConstantOfShape",
                                    .attributes = constant_of_shape_attributes,
                                    .min_inputs = 1,
                                    .max_inputs = 1,
                                    .max_outputs = 1,
                                    .since = 9,
                                    .tie = tie_constant_of_shape,
                                    .cut = cut_constant_of_shape};

}  // namespace pare
