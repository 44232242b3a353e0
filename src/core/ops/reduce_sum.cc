#include "core/ops/define.h"
#include "core/ops/rewrite.h"
#include "core/ops/ties_reduce.h"

namespace pare {

static constexpr AttributeSpec reduce_sum_attributes[] = {
    {"keepdims", AttributeType::integer},
    {"noop_with_empty_axes", AttributeType::integer},
};

// Until opset 12 the axes were an attribute, as those of the other reductions are until 17.
static void lift_reduce_sum(Graph& graph, NodeId id, int64_t version) {
  if (version < 13) ops::integers_to_input(graph, id, "axes", 1);
}

static void lower_reduce_sum(Graph& graph, NodeId id, int64_t version) {
  if (version >= 13) return;
  const Node& node = graph.node(id);
  const bool noop = node.attributes.integer("noop_with_empty_axes", 0) != 0;
  if (noop && (!graph.has_input(node, 1) || ops::constant_integers(graph, node, 1, version).empty()))
    ops::unsupported(version, "reduces over all axes where none is named");
  graph.node(id).attributes.erase("noop_with_empty_axes");
  ops::integers_to_attribute(graph, id, 1, "axes", version);
}

const OpDef op_reduce_sum = {.kind = OpKind::reduce_sum,
                             .name = "ReduceSum",
                             .attributes = reduce_sum_attributes,
                             .min_inputs = 1,
                             .max_inputs = 2,
                             .max_outputs = 1,
                             .lift = lift_reduce_sum,
                             .lower = lower_reduce_sum,
                             .tie = ops::tie_reduce<ops::Reduction::sum>};

}  // namespace pare
