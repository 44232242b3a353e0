#include "core/ops/define.h"
#include "core/ops/rewrite.h"

namespace pare {

static constexpr AttributeSpec split_attributes[] = {
    {"axis", AttributeType::integer},
};

// Until opset 12 the sizes were an attribute.
static void lift_split(Graph& graph, NodeId id, int64_t version) {
  if (version < 13) ops::integers_to_input(graph, id, "split", 1);
}

static void lower_split(Graph& graph, NodeId id, int64_t version) {
  if (version < 13) ops::integers_to_attribute(graph, id, 1, "split", version);
}

const OpDef op_split = {.kind = OpKind::split,
                        .name = "Split",
                        .attributes = split_attributes,
                        .min_inputs = 1,
                        .max_inputs = 2,
                        .max_outputs = -1,
                        .lift = lift_split,
                        .lower = lower_split};

}  // namespace pare
