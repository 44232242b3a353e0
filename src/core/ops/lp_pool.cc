#include <algorithm>

#include "core/ops/define.h"
#include "core/ops/rewrite.h"
#include "core/ops/ties_window.h"

namespace pare {

static constexpr AttributeSpec lp_pool_attributes[] = {
    {"auto_pad", AttributeType::text},      {"ceil_mode", AttributeType::integer},
    {"dilations", AttributeType::integers}, {"kernel_shape", AttributeType::integers},
    {"p", AttributeType::integer},          {"pads", AttributeType::integers},
    {"strides", AttributeType::integers},
};

// ceil_mode and dilations came with opset 18.
static void lower_lp_pool(Graph& graph, NodeId id, int64_t version) {
  if (version >= 18) return;
  Attributes& attributes = graph.node(id).attributes;
  const Shape dilations = attributes.integers("dilations");
  const bool dilated = std::any_of(dilations.begin(), dilations.end(), [](int64_t d) { return d != 1; });
  if (dilated || attributes.integer("ceil_mode", 0) != 0)
    ops::unsupported(version, "pools norms over windows without gaps that lie inside the input");
  attributes.erase("dilations");
  attributes.erase("ceil_mode");
}

const OpDef op_lp_pool = {.kind = OpKind::lp_pool,
                          .name = "LpPool",
                          .attributes = lp_pool_attributes,
                          .min_inputs = 1,
                          .max_inputs = 1,
                          .max_outputs = 1,
                          .lower = lower_lp_pool,
                          .tie = ops::tie_pool};

}  // namespace pare
