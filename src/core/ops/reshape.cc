#include "core/channels/cut.h"
#include "core/ops/define.h"
#include "core/ops/rewrite.h"
#include "core/ops/ties_reindex.h"
#include "core/ops/ties_shape_list.h"

namespace pare {

static constexpr AttributeSpec reshape_attributes[] = {
    {"allowzero", AttributeType::integer},
};

// allowzero came with opset 14. Without a 0 in the shape it says nothing.
static void lower_reshape(Graph& graph, NodeId id, int64_t version) {
  if (version >= 14) return;
  if (graph.node(id).attributes.integer("allowzero", 0) != 0) {
    for (const int64_t size : ops::constant_integers(graph, graph.node(id), 1, version))
      if (size == 0) ops::unsupported(version, "cannot reshape to a dimension of 0");
  }
  graph.node(id).attributes.erase("allowzero");
}

static void tie_reshape(ChannelTies& ties, const Node& node) {
  ops::tie_reindex(ties, node);
  ops::pin_computed_dims(ties, node, 1);
}

static void cut_reshape(ChannelCut& cut, NodeId id) { ops::cut_shape_list(cut, id, 1); }

const OpDef op_reshape = {.kind = OpKind::reshape,
                          .name = "Reshape",
                          .attributes = reshape_attributes,
                          .min_inputs = 2,
                          .max_inputs = 2,
                          .max_outputs = 1,
                          .lower = lower_reshape,
                          .moves = true,
                          .tie = tie_reshape,
                          .cut = cut_reshape};

}  // namespace pare
