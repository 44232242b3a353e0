#include <algorithm>
#include <functional>

#include "core/edit.h"
#include "core/ops/define.h"
#include "core/ops/rewrite.h"

namespace pare {

static constexpr AttributeSpec split_attributes[] = {
    {"axis", AttributeType::integer},
};

// Until opset 12 the sizes were an attribute; from 18 on parts without sizes are counted, and the last may be smaller.
static void lift_split(Graph& graph, NodeId id, int64_t version) {
  if (version < 13) ops::integers_to_input(graph, id, "split", 1);
  if (version < 18 || !graph.node(id).attributes.has("num_outputs")) return;
  const Node& node = graph.node(id);
  Shape sizes;
  for (const ValueId output : node.outputs) {
    const std::optional<Dims>& dims = graph.value(output).dims;
    const int64_t rank = dims ? static_cast<int64_t>(dims->size()) : 0;
    int64_t axis = node.attributes.integer("axis", 0);
    if (axis < 0) axis += rank;
    if (axis < 0 || axis >= rank || !(*dims)[static_cast<size_t>(axis)].known())
      ops::unsupported(version, "splits an axis of unknown size, perhaps into uneven parts");
    sizes.push_back((*dims)[static_cast<size_t>(axis)].factor);
  }
  const bool even = std::adjacent_find(sizes.begin(), sizes.end(), std::not_equal_to<>()) == sizes.end();
  if (!even) set_input(graph, id, 1, ops::integers_constant(graph, id, "split", sizes));
  graph.node(id).attributes.erase("num_outputs");
}

static void lower_split(Graph& graph, NodeId id, int64_t version) {
  if (version < 13) ops::integers_to_attribute(graph, id, 1, "split", version);
  if (version >= 18 && !graph.has_input(graph.node(id), 1))
    graph.node(id).attributes.set("num_outputs", static_cast<int64_t>(graph.node(id).outputs.size()));
}

const OpDef op_split = {.kind = OpKind::split,
                        .name = "Split",
                        .attributes = split_attributes,
                        .min_inputs = 1,
                        .max_inputs = 2,
                        .max_outputs = -1,
                        .lift = lift_split,
                        .lower = lower_split,
                        .lift_needs_facts = true,
                        .moves = true};

}  // namespace pare
