#include "core/edit.h"
#include "core/ops/define.h"
#include "core/ops/rewrite.h"
#include "core/ops/ties_elementwise.h"

namespace pare {

static constexpr AttributeSpec dropout_attributes[] = {
    {"seed", AttributeType::integer},
};

// Until opset 11 the ratio was an attribute, and the op never dropped anything when run.
static void lift_dropout(Graph& graph, NodeId id, int64_t version) {
  const Node& node = graph.node(id);
  const ValueId mask = node.outputs.size() > 1 ? node.outputs[1] : kNoValue;
  if (version < 10 && mask != kNoValue && (!graph.value(mask).users.empty() || has_public_name(graph, mask)))
    ops::unsupported(version, "gives a mask of numbers, newer ones of booleans");
  if (version < 12) ops::real_to_input(graph, id, "ratio", 1);
}

static void lower_dropout(Graph& graph, NodeId id, int64_t version) {
  if (version >= 12) return;
  const Node& node = graph.node(id);
  if (graph.has_input(node, 2)) {
    const Tensor* training = graph.constant_input(node, 2);
    if (training == nullptr || training->size() != 1 || cast(*training, DType::f32).view<float>()[0] != 0)
      ops::unsupported(version, "does not drop elements outside of a trainer");
  }
  if (graph.has_input(node, 1)) {
    const Tensor* ratio = graph.constant_input(node, 1);
    if (ratio == nullptr || ratio->size() != 1) ops::unsupported(version, "needs a constant ratio");
    graph.node(id).attributes.set("ratio", cast(*ratio, DType::f32).view<float>()[0]);
  }
  graph.node(id).attributes.erase("seed");
  ops::keep_inputs(graph, id, 1);
}

const OpDef op_dropout = {.kind = OpKind::dropout,
                          .name = "Dropout",
                          .attributes = dropout_attributes,
                          .min_inputs = 1,
                          .max_inputs = 3,
                          .max_outputs = 2,
                          .lift = lift_dropout,
                          .lower = lower_dropout,
                          .tie = ops::tie_elementwise};

}  // namespace pare
