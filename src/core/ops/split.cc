#include <algorithm>
#include <functional>

#include "core/channels/cut.h"
#include "core/edit.h"
#include "core/ops/define.h"
#include "core/ops/rewrite.h"
#include "core/ops/ties_moved.h"

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

// Sizes of the parts of a known axis; nothing where they are computed or do not make up the axis.
static std::optional<Shape> part_sizes(const Graph& graph, const Node& node, int64_t whole) {
  const auto count = static_cast<int64_t>(node.outputs.size());
  if (!graph.has_input(node, 1)) {
    if (count == 0 || whole % count != 0) return std::nullopt;
    return Shape(node.outputs.size(), whole / count);
  }
  std::optional<Shape> sizes = ops::known_list(graph, node, 1);
  if (!sizes || static_cast<int64_t>(sizes->size()) != count) return std::nullopt;
  int64_t left = whole;
  for (const int64_t size : *sizes) {
    if (size < 0 || size > left) return std::nullopt;
    left -= size;
  }
  if (left != 0) return std::nullopt;
  return sizes;
}

static void tie_split(ChannelTies& ties, const Node& node) {
  if (ops::pin_where_unknown(ties, node)) return;
  const Graph& graph = ties.graph();
  const ValueId x = node.inputs[0];
  const size_t axis = ops::axis_of(ties.graph(), node, x, 0);
  const Dim whole = (*graph.value(x).dims)[axis];
  const std::optional<Shape> sizes = whole.known() ? part_sizes(graph, node, whole.factor) : std::nullopt;
  const IndexRange range = ties.axis(x, static_cast<int64_t>(axis));
  if (!sizes) ties.pin(range);
  size_t offset = 0;
  for (size_t i = 0; i < node.outputs.size(); ++i) {
    const ValueId part = node.outputs[i];
    const size_t size = sizes ? static_cast<size_t>((*sizes)[i]) : 0;
    if (part != kNoValue) {
      ops::tie_axes_but(ties, x, part, axis);
      const IndexRange own = ties.axis(part, static_cast<int64_t>(axis));
      if (sizes)
        ties.tie(own, range.part(offset, size));
      else
        ties.pin(own);
    }
    offset += size;
  }
  if (graph.has_input(node, 1)) ties.pin(node.inputs[1]);
}

static void cut_split(ChannelCut& cut, NodeId id) {
  const Node& node = cut.graph().node(id);
  const std::optional<Dims>& dims = cut.graph().value(node.inputs[0]).dims;
  if (!dims) return;
  const size_t place = ops::axis_of(cut.graph(), node, node.inputs[0], 0);
  const auto axis = static_cast<int64_t>(place);
  if (!cut.cuts(node.inputs[0], axis) || !(*dims)[place].known()) return;
  const std::optional<Shape> before = part_sizes(cut.graph(), node, (*dims)[place].factor);
  if (!before) return;
  Shape after;
  int64_t offset = 0;
  for (const int64_t size : *before) {
    after.push_back(cut.kept_between(node.inputs[0], axis, offset, offset + size));
    offset += size;
  }
  const bool even = std::adjacent_find(after.begin(), after.end(), std::not_equal_to<>()) == after.end();
  if (!even || cut.graph().has_input(node, 1)) cut.set_integers(id, 1, after);
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
                        .moves = true,
                        .tie = tie_split,
                        .cut = cut_split};

}  // namespace pare
