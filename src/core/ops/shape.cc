#include <limits>

#include "core/ops/define.h"
#include "core/ops/rewrite.h"

namespace pare {

static constexpr AttributeSpec shape_attributes[] = {
    {"end", AttributeType::integer},
    {"start", AttributeType::integer},
};

// start and end came with opset 15: the whole shape and a Slice, which clamps the same way.
static void lower_shape(Graph& graph, NodeId id, int64_t version) {
  if (version >= 15) return;
  const int64_t start = graph.node(id).attributes.integer("start", 0);
  const int64_t end = graph.node(id).attributes.integer("end", std::numeric_limits<int64_t>::max());
  const bool whole = start == 0 && end == std::numeric_limits<int64_t>::max();
  graph.node(id).attributes.erase("start");
  graph.node(id).attributes.erase("end");
  if (whole) return;
  const ValueId starts = ops::integers_constant(graph, id, "start", {&start, 1});
  const ValueId ends = ops::integers_constant(graph, id, "end", {&end, 1});
  ops::insert_after(graph, id, OpKind::slice, "part", {starts, ends});
}

const OpDef op_shape = {.kind = OpKind::shape,
                        .name = "Shape",
                        .attributes = shape_attributes,
                        .min_inputs = 1,
                        .max_inputs = 1,
                        .max_outputs = 1,
                        .lower = lower_shape};

}  // namespace pare
