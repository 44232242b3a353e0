#include <algorithm>
#include <limits>
#include <numeric>

#include "core/ops/define.h"
#include "core/ops/rewrite.h"
#include "core/ops/ties_moved.h"
#include "format/ops/slice.h"

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

// Which entries of a list of dims a node reads.
static std::vector<size_t> entries_read(const Graph& graph, const Node& reader, size_t count) {
  std::vector<size_t> entries;
  if (reader.op == OpKind::gather) {
    if (const auto picks = ops::known_integers(graph, reader, 1)) {
      for (const int64_t pick : *picks)
        entries.push_back(static_cast<size_t>(pick < 0 ? pick + static_cast<int64_t>(count) : pick));
      return entries;
    }
  }
  if (reader.op == OpKind::slice) {
    const auto starts = ops::known_integers(graph, reader, 1), ends = ops::known_integers(graph, reader, 2);
    const auto steps = ops::known_integers(graph, reader, 4);
    if (starts && ends && starts->size() == 1 && ends->size() == 1 && (steps || !graph.has_input(reader, 4))) {
      const SliceRange range =
          slice_range((*starts)[0], (*ends)[0], steps ? (*steps)[0] : 1, static_cast<int64_t>(count));
      for (int64_t i = 0; i < range.count; ++i) entries.push_back(static_cast<size_t>(range.start + i * range.step));
      return entries;
    }
  }
  entries.resize(count);
  std::iota(entries.begin(), entries.end(), size_t{0});
  return entries;
}

// Do all readers of the list, or of lists made of it, only give dims with it? These are rewritten when channels go.
static bool says_dims_only(const Graph& graph, ValueId list) {
  std::vector<ValueId> open = {list};
  while (!open.empty()) {
    const ValueId v = open.back();
    open.pop_back();
    if (std::find(graph.outputs.begin(), graph.outputs.end(), v) != graph.outputs.end()) return false;
    for (const NodeId user : graph.value(v).users) {
      const Node& node = graph.node(user);
      const bool shapes = (node.op == OpKind::reshape || node.op == OpKind::expand) && node.inputs[0] != v;
      if (shapes || node.op == OpKind::constant_of_shape) continue;
      if (node.op == OpKind::resize && graph.has_input(node, 3) && node.inputs[3] == v && !node.attributes.has("axes"))
        continue;
      const bool passes_on = node.op == OpKind::concat || node.op == OpKind::identity || node.op == OpKind::unsqueeze ||
                             ((node.op == OpKind::gather || node.op == OpKind::slice) && node.inputs[0] == v);
      if (!passes_on || !node.captured.empty()) return false;
      open.push_back(node.outputs[0]);
    }
  }
  return true;
}

// Sizes that are known are constants by now (expose_channels), and a symbol alone does not change. What else is read as
// a number has to stay.
static void tie_shape(ChannelTies& ties, const Node& node) {
  if (ops::pin_where_unknown(ties, node)) return;
  const Graph& graph = ties.graph();
  const ValueId x = node.inputs[0], list = node.outputs[0];
  ties.pin(list);
  const Dims& dims = *graph.value(x).dims;
  const auto rank = static_cast<int64_t>(dims.size());
  const SliceRange range =
      slice_range(node.attributes.integer("start", 0), node.attributes.integer("end", INT64_MAX), 1, rank);
  if (says_dims_only(graph, list)) return;
  const auto pin = [&](const std::vector<size_t>& entries) {
    for (const size_t entry : entries) {
      const int64_t axis = range.start + static_cast<int64_t>(entry);
      if (axis < rank && dims[static_cast<size_t>(axis)] != Dim(1)) ties.pin_axis(x, axis);
    }
  };
  if (std::find(graph.outputs.begin(), graph.outputs.end(), list) != graph.outputs.end())
    pin(entries_read(graph, node, static_cast<size_t>(range.count)));
  for (const NodeId user : graph.value(list).users) {
    const Node& reader = graph.node(user);
    const bool part = reader.op == OpKind::gather || reader.op == OpKind::slice;
    if (part && says_dims_only(graph, reader.outputs[0])) continue;
    pin(entries_read(graph, reader, static_cast<size_t>(range.count)));
  }
}

const OpDef op_shape = {.kind = OpKind::shape,
                        .name = "Shape",
                        .attributes = shape_attributes,
                        .min_inputs = 1,
                        .max_inputs = 1,
                        .max_outputs = 1,
                        .lower = lower_shape,
                        .tie = tie_shape};

}  // namespace pare
