#include <algorithm>

#include "core/channels/cut.h"
#include "core/edit.h"
#include "core/error.h"
#include "core/ops/define.h"
#include "core/ops/rewrite.h"
#include "core/ops/ties_moved.h"

namespace pare {

static constexpr AttributeSpec pad_attributes[] = {
    {"mode", AttributeType::text},
};

// Until opset 10 pads and value were attributes; from 18 on pads may be for some axes only.
static void lift_pad(Graph& graph, NodeId id, int64_t version) {
  if (version < 11) {
    ops::integers_to_input(graph, id, "pads", 1);
    ops::real_to_input(graph, id, "value", 2);
  }
  if (version < 18) return;
  const Node& node = graph.node(id);
  if (node.attributes.text("mode", "constant") == "wrap") ops::unsupported(version, "pads with the other end");
  if (!graph.has_input(node, 3)) return;
  const std::optional<Dims>& dims = graph.value(node.inputs[0]).dims;
  if (!dims) ops::unsupported(version, "pads some axes of a tensor of unknown rank");
  const Shape axes = ops::constant_integers(graph, node, 3, version);
  const Shape some = ops::constant_integers(graph, node, 1, version);
  ensure(some.size() == 2 * axes.size(), "pads must be two numbers per axis");
  const int64_t rank = static_cast<int64_t>(dims->size());
  Shape pads(2 * dims->size(), 0);
  for (size_t i = 0; i < axes.size(); ++i) {
    const int64_t axis = axes[i] < 0 ? axes[i] + rank : axes[i];
    ensure(axis >= 0 && axis < rank, "the axis is out of range");
    pads[static_cast<size_t>(axis)] = some[i];
    pads[static_cast<size_t>(axis + rank)] = some[axes.size() + i];
  }
  set_input(graph, id, 1, ops::integers_constant(graph, id, "pads", pads));
  ops::keep_inputs(graph, id, 3);
}

// Are both sizes of the axis known, and is no more cut off than is there?
static bool is_plain(const Graph& graph, const Node& node, size_t axis, int64_t before, int64_t after) {
  const Dims &from = *graph.value(node.inputs[0]).dims, &to = *graph.value(node.outputs[0]).dims;
  if (to.size() != from.size() || !from[axis].known() || !to[axis].known()) return false;
  const int64_t size = from[axis].factor;
  if (std::min(before, after) < -size || std::max(before, after) > to[axis].factor) return false;
  return std::min<int64_t>(before, 0) + std::min<int64_t>(after, 0) >= -size &&
         size + before + after == to[axis].factor;
}

// Padded indices are new: they may go, too.
static void tie_pad(ChannelTies& ties, const Node& node) {
  if (ops::pin_where_unknown(ties, node)) return;
  const std::optional<Shape> pads = ops::known_list(ties.graph(), node, 1);
  const ValueId x = node.inputs[0], y = node.outputs[0];
  const size_t rank = ties.rank(x);
  if (!pads || pads->size() != 2 * rank) return ops::pin_everything(ties, node);
  for (size_t i = 1; i < node.inputs.size(); ++i) {
    if (node.inputs[i] != kNoValue) ties.pin(node.inputs[i]);
  }
  const bool constant = node.attributes.text("mode", "constant") == "constant";
  for (size_t axis = 0; axis < rank; ++axis) {
    const int64_t before = (*pads)[axis], after = (*pads)[axis + rank];
    const IndexRange from = ties.axis(x, static_cast<int64_t>(axis)), to = ties.axis(y, static_cast<int64_t>(axis));
    if (before == 0 && after == 0) {
      ties.tie(from, to);
    } else if (constant && is_plain(ties.graph(), node, axis, before, after)) {
      for (int64_t i = std::max<int64_t>(0, -before); i < from.count && i + before < to.count; ++i)
        ties.tie(from[static_cast<size_t>(i)], to[static_cast<size_t>(i + before)]);
    } else {
      ties.pin(from);
      ties.pin(to);
    }
  }
}

static void cut_pad(ChannelCut& cut, NodeId id) {
  const Graph& graph = cut.graph();
  const ValueId x = graph.node(id).inputs[0], y = graph.node(id).outputs[0];
  if (!cut.cuts(x) && !cut.cuts(y)) return;
  const std::optional<Shape> pads = ops::known_list(graph, graph.node(id), 1);
  if (!pads) return;
  Shape now = *pads;
  const size_t rank = now.size() / 2;
  for (size_t axis = 0; axis < rank; ++axis) {
    const auto a = static_cast<int64_t>(axis);
    const int64_t from = (*graph.value(x).dims)[axis].factor, to = (*graph.value(y).dims)[axis].factor;
    int64_t &before = now[axis], &after = now[axis + rank];
    if (!cut.cuts(x, a) && !cut.cuts(y, a)) continue;
    // Padding counts what stays of the result, cropping what stays of the input.
    before = before > 0 ? cut.kept_between(y, a, 0, before) : -cut.kept_between(x, a, 0, -before);
    after = after > 0 ? cut.kept_between(y, a, to - after, to) : -cut.kept_between(x, a, from + after, from);
  }
  if (now != *pads) cut.set_integers(id, 1, now);
}

const OpDef op_pad = {.kind = OpKind::pad,
                      .name = "Pad",
                      .attributes = pad_attributes,
                      .min_inputs = 2,
                      .max_inputs = 3,
                      .max_outputs = 1,
                      .lift = lift_pad,
                      .lift_needs_facts = true,
                      .tie = tie_pad,
                      .cut = cut_pad};

}  // namespace pare
