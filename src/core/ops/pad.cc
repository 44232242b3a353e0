#include "core/ops/define.h"
#include "core/ops/rewrite.h"

namespace pare {

static constexpr AttributeSpec pad_attributes[] = {
    {"mode", AttributeType::text},
};

// Until opset 10 pads and value were attributes.
static void lift_pad(Graph& graph, NodeId id, int64_t version) {
  if (version >= 11) return;
  ops::integers_to_input(graph, id, "pads", 1);
  ops::real_to_input(graph, id, "value", 2);
}

const OpDef op_pad = {.kind = OpKind::pad,
                      .name = "Pad",
                      .attributes = pad_attributes,
                      .min_inputs = 2,
                      .max_inputs = 3,
                      .max_outputs = 1,
                      .lift = lift_pad};

}  // namespace pare
