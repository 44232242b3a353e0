#include <algorithm>

#include "core/channels/cut.h"
#include "core/edit.h"
#include "core/ops/define.h"
#include "core/ops/rewrite.h"
#include "core/ops/ties_moved.h"

namespace pare {

static constexpr AttributeSpec gather_attributes[] = {
    {"axis", AttributeType::integer},
};

// [..., axis, ...] to [..., axes of the indices, ...].
static void tie_gather(ChannelTies& ties, const Node& node) {
  if (ops::pin_where_unknown(ties, node)) return;
  const ValueId data = node.inputs[0], indices = node.inputs[1], out = node.outputs[0];
  const size_t axis = ops::axis_of(ties.graph(), node, data, 0), more = ties.rank(indices);
  if (axis >= ties.rank(data) || ties.rank(out) != ties.rank(data) - 1 + more) return ops::pin_everything(ties, node);
  for (size_t i = 0; i < ties.rank(data); ++i) {
    if (i != axis) ops::tie_same(ties, data, i, out, i < axis ? i : i - 1 + more);
  }
  for (size_t i = 0; i < more; ++i) ops::tie_same(ties, indices, i, out, axis + i);
  const IndexRange picked = ties.axis(data, static_cast<int64_t>(axis));
  const std::optional<Shape> picks = ops::known_integers(ties.graph(), node, 1);
  if (!picks || !(*ties.graph().value(data).dims)[axis].known()) return ties.pin(picked);
  const auto size = static_cast<int64_t>(picked.count);
  const auto is_index = [&](int64_t pick) { return pick >= -size && pick < size; };
  const IndexRange to = more == 1 ? ties.axis(out, static_cast<int64_t>(axis)) : IndexRange{};
  if (!std::all_of(picks->begin(), picks->end(), is_index) || (more == 1 && to.count != picks->size()))
    return ops::pin_everything(ties, node);
  for (size_t i = 0; i < picks->size(); ++i) {
    const IndexId from = picked[static_cast<size_t>((*picks)[i] < 0 ? (*picks)[i] + size : (*picks)[i])];
    if (more == 1)
      ties.tie(from, to[i]);
    else
      ties.pin(from);  // of several axes, no index stands for it
  }
}

// Constant indices: those that stay, as places among the data that stay. They are written as a constant of their own,
// so that it counts for nothing that the old one loses the same indices.
static void cut_gather(ChannelCut& cut, NodeId id) {
  Graph& graph = cut.graph();
  const ValueId data = graph.node(id).inputs[0], indices = graph.node(id).inputs[1];
  const Tensor* old = graph.constant_input(graph.node(id), 1);
  const int64_t axis = graph.node(id).attributes.integer("axis", 0);
  if (!old || (!cut.cuts(indices) && !cut.cuts(data, axis))) return;
  const Shape picks = *ops::known_integers(graph, graph.node(id), 1);
  const int64_t size = (*graph.value(data).dims)[ops::axis_of(graph, graph.node(id), data, 0)].factor;
  std::vector<int32_t> kept = {0};  // of all elements of the indices
  Shape shape;
  for (size_t i = 0; i < old->rank(); ++i) {
    const std::vector<int32_t> along = cut.kept(indices, static_cast<int64_t>(i));
    std::vector<int32_t> all;
    for (const int32_t outer : kept)
      for (const int32_t inner : along) all.push_back(outer * static_cast<int32_t>(old->dim(i)) + inner);
    kept = std::move(all);
    shape.push_back(static_cast<int64_t>(along.size()));
  }
  Shape now;
  for (const int32_t k : kept) {
    const int64_t pick = picks[static_cast<size_t>(k)];
    now.push_back(cut.kept_between(data, axis, 0, pick < 0 ? pick + size : pick));
  }
  const Tensor tensor = cast(Tensor::of<int64_t>(shape, now), old->dtype());
  set_input(graph, id, 1, add_constant(graph, ops::name_beside(graph, graph.node(id), "indices"), tensor));
}

const OpDef op_gather = {.kind = OpKind::gather,
                         .name = "Gather",
                         .attributes = gather_attributes,
                         .min_inputs = 2,
                         .max_inputs = 2,
                         .max_outputs = 1,
                         .learned = {0},
                         .tie = tie_gather,
                         .cut = cut_gather};

}  // namespace pare
