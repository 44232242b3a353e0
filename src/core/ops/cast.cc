#include "core/ops/define.h"
#include "core/ops/ties_elementwise.h"

namespace pare {

static constexpr AttributeSpec cast_attributes[] = {
    {"to", AttributeType::integer},
};

// `saturate` came with opset 19 for 8-bit floats, which we do not know: for all other types it says nothing.
static void lift_cast(Graph& graph, NodeId id, int64_t /*version*/) { graph.node(id).attributes.erase("saturate"); }

const OpDef op_cast = {.kind = OpKind::cast,
                       .name = "Cast",
                       .attributes = cast_attributes,
                       .min_inputs = 1,
                       .max_inputs = 1,
                       .max_outputs = 1,
                       .lift = lift_cast,
                       .moves = true,
                       .tie = ops::tie_elementwise};

}  // namespace pare
