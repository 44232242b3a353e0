#include <algorithm>
#include <limits>
#include <numeric>

#include "core/channels/shape_list.h"
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

// Does the node pass on a list, or entries of it that it names?
static bool passes_on(const Graph& graph, const Node& node, ValueId list) {
  const auto is_known = [&](size_t i) { return !graph.has_input(node, i) || ops::known_list(graph, node, i); };
  switch (node.op) {
    case OpKind::concat:
    case OpKind::identity:
      return true;
    case OpKind::unsqueeze:
    case OpKind::gather:
    case OpKind::slice:
      return node.inputs[0] == list && is_known(1) && is_known(2) && is_known(3) && is_known(4);
    default:
      return false;
  }
}

// Which entries of a list of dims a node reads.
static std::vector<size_t> entries_read(const Graph& graph, const Node& reader, ValueId list, size_t count) {
  std::vector<size_t> entries;
  const auto size = static_cast<int64_t>(count);
  if (reader.op == OpKind::gather && passes_on(graph, reader, list)) {
    const Shape picks = *ops::known_list(graph, reader, 1);
    for (const int64_t pick : picks)
      if (pick >= -size && pick < size) entries.push_back(static_cast<size_t>(pick < 0 ? pick + size : pick));
    return entries;
  }
  if (reader.op == OpKind::slice && passes_on(graph, reader, list)) {
    const auto starts = ops::known_list(graph, reader, 1), ends = ops::known_list(graph, reader, 2);
    const auto steps = ops::known_list(graph, reader, 4);
    if (starts->size() == 1 && ends->size() == 1 && (!steps || (steps->size() == 1 && (*steps)[0] != 0))) {
      const SliceRange range = slice_range((*starts)[0], (*ends)[0], steps ? (*steps)[0] : 1, size);
      for (int64_t i = 0; i < range.count; ++i) entries.push_back(static_cast<size_t>(range.start + i * range.step));
      return entries;
    }
  }
  entries.resize(count);
  std::iota(entries.begin(), entries.end(), size_t{0});
  return entries;
}

// The input of the node that is a list of its output's dims and can be said anew; nothing where `list` is read
// otherwise.
static std::optional<size_t> shape_input(const Graph& graph, const Node& node, ValueId list) {
  size_t index = 1;
  if (node.op == OpKind::constant_of_shape)
    index = 0;
  else if (node.op == OpKind::resize && !node.attributes.has("axes"))
    index = 3;
  else if (node.op != OpKind::reshape && node.op != OpKind::expand)
    return std::nullopt;
  if (index >= node.inputs.size() || std::count(node.inputs.begin(), node.inputs.end(), list) != 1) return std::nullopt;
  return node.inputs[index] == list && can_say_shape(graph, node, index) ? std::optional(index) : std::nullopt;
}

// Will what a node makes of the sizes be said anew when they change? Each must be seen among its dims, as one that is
// not taken from the list.
static bool says_anew(const Graph& graph, const Node& node, size_t index, const Dims& sizes) {
  const Dims& dims = *graph.value(node.outputs[0]).dims;
  const std::vector<ShapeEntry> entries = shape_entries(graph, node, index);
  for (size_t i = 0; i < dims.size(); ++i)
    if (entries[i] == ShapeEntry::computed && dims[i].factor > 1) return false;
  return std::all_of(sizes.begin(), sizes.end(),
                     [&](Dim size) { return std::find(dims.begin(), dims.end(), size) != dims.end(); });
}

// Do all readers of the list, or of lists made of it, only give dims with it? `sizes`: entries of it that may change.
static bool says_dims_only(const Graph& graph, ValueId list, const Dims& sizes) {
  constexpr size_t kMostLists = 256;
  std::vector<ValueId> lists = {list};
  for (size_t at = 0; at < lists.size(); ++at) {
    const ValueId v = lists[at];
    if (std::find(graph.outputs.begin(), graph.outputs.end(), v) != graph.outputs.end()) return false;
    for (const NodeId user : graph.value(v).users) {
      const Node& node = graph.node(user);
      if (!node.captured.empty()) return false;
      if (const std::optional<size_t> index = shape_input(graph, node, v)) {
        if (!says_anew(graph, node, *index, sizes)) return false;
        continue;
      }
      if (!passes_on(graph, node, v)) return false;
      const ValueId next = node.outputs[0];
      if (std::find(lists.begin(), lists.end(), next) != lists.end()) continue;
      if (lists.size() == kMostLists) return false;
      lists.push_back(next);
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
  const auto count = static_cast<size_t>(range.count);
  const auto axis_of = [&](size_t entry) { return static_cast<size_t>(range.start) + entry; };
  const auto pin = [&](const std::vector<size_t>& entries) {
    for (const size_t entry : entries)
      if (dims[axis_of(entry)] != Dim(1)) ties.pin_axis(x, static_cast<int64_t>(axis_of(entry)));
  };
  if (std::find(graph.outputs.begin(), graph.outputs.end(), list) != graph.outputs.end()) {
    std::vector<size_t> all(count);
    std::iota(all.begin(), all.end(), size_t{0});
    pin(all);
  }
  for (const NodeId user : graph.value(list).users) {
    const Node& reader = graph.node(user);
    const std::vector<size_t> entries = entries_read(graph, reader, list, count);
    Dims sizes;
    for (const size_t entry : entries)
      if (dims[axis_of(entry)].factor > 1) sizes.push_back(dims[axis_of(entry)]);
    bool dims_only = reader.captured.empty();
    if (const std::optional<size_t> index = shape_input(graph, reader, list))
      dims_only = dims_only && says_anew(graph, reader, *index, sizes);
    else
      dims_only = dims_only && passes_on(graph, reader, list) && says_dims_only(graph, reader.outputs[0], sizes);
    if (!dims_only) pin(entries);
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
