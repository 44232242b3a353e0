#include "core/ops/define.h"
#include "core/ops/rewrite.h"

namespace pare {

static constexpr AttributeSpec top_k_attributes[] = {
    {"axis", AttributeType::integer},
    {"largest", AttributeType::integer},
    {"sorted", AttributeType::integer},
};

// Until opset 9 k was an attribute.
static void lift_top_k(Graph& graph, NodeId id, int64_t version) {
  if (version >= 10) return;
  const int64_t k = graph.node(id).attributes.integer("k", 0);
  graph.node(id).attributes.set("k", Shape{k});
  ops::integers_to_input(graph, id, "k", 1);
}

const OpDef op_top_k = {.kind = OpKind::top_k,
                        .name = "TopK",
                        .attributes = top_k_attributes,
                        .min_inputs = 2,
                        .max_inputs = 2,
                        .max_outputs = 2,
                        .lift = lift_top_k};

}  // namespace pare
