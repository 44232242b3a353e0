#include "core/ops/scatter.h"
#include "core/ops/define.h"

namespace pare {

static constexpr AttributeSpec scatter_attributes[] = {
    {"axis", AttributeType::integer},
};

// The name of ScatterElements until opset 10.
static void lift_scatter(Graph& graph, NodeId id, int64_t version) {
  if (version >= 11) return;
  graph.node(id).op = OpKind::scatter_elements;
  graph.node(id).type = onnx_name(OpKind::scatter_elements);
}

// No opset that is written has it any more.
static void lower_scatter_name(Graph&, NodeId, int64_t version) {
  ops::unsupported(version, "has ScatterElements instead");
}

const OpDef op_scatter = {.kind = OpKind::scatter,
                          .name = "Scatter",
                          .attributes = scatter_attributes,
                          .min_inputs = 3,
                          .max_inputs = 3,
                          .max_outputs = 1,
                          .lift = lift_scatter,
                          .lower = lower_scatter_name,
                          .since = 9,
                          .tie = ops::tie_scatter_along};

}  // namespace pare
