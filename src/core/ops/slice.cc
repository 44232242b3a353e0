#include <algorithm>
#include <numeric>
#include <utility>

#include "core/channels/cut.h"
#include "core/ops/define.h"
#include "core/ops/rewrite.h"
#include "core/ops/ties_moved.h"
#include "format/ops/slice.h"

namespace pare {

// Until opset 9 all of it were attributes, and there were no steps.
static void lift_slice(Graph& graph, NodeId id, int64_t version) {
  if (version >= 10) return;
  ops::integers_to_input(graph, id, "starts", 1);
  ops::integers_to_input(graph, id, "ends", 2);
  ops::integers_to_input(graph, id, "axes", 3);
}

namespace {

// What is taken of one axis of known size, or all of it.
struct SlicedAxis {
  size_t axis;
  SliceRange range;
  enum { whole, in_order, reversed, other } kind;
};

}  // namespace

// Nothing where the axes are computed, or the lists do not fit each other.
static std::optional<std::vector<SlicedAxis>> sliced_axes(const Graph& graph, const Node& node) {
  const Dims &from = *graph.value(node.inputs[0]).dims, &to = *graph.value(node.outputs[0]).dims;
  const auto rank = static_cast<int64_t>(from.size());
  const auto starts = ops::known_list(graph, node, 1), ends = ops::known_list(graph, node, 2);
  auto axes = ops::known_list(graph, node, 3), steps = ops::known_list(graph, node, 4);
  if (!graph.has_input(node, 3)) {
    const std::optional<Dims>& list = graph.value(node.inputs[1]).dims;
    if (!list || list->size() != 1 || !(*list)[0].known() || (*list)[0].factor > rank) return std::nullopt;
    axes.emplace(static_cast<size_t>((*list)[0].factor));
    std::iota(axes->begin(), axes->end(), 0);
  }
  if (!axes || from.size() != to.size()) return std::nullopt;
  if (!graph.has_input(node, 4)) steps.emplace(axes->size(), 1);
  for (const std::optional<Shape>* list : {&starts, &ends, &std::as_const(steps)})
    if (*list && (*list)->size() != axes->size()) return std::nullopt;
  if (steps && std::find(steps->begin(), steps->end(), int64_t{0}) != steps->end()) return std::nullopt;
  std::vector<SlicedAxis> result;
  for (size_t i = 0; i < axes->size(); ++i) {
    const int64_t place = (*axes)[i] < 0 ? (*axes)[i] + rank : (*axes)[i];
    const auto axis = static_cast<size_t>(place);
    const auto is_same = [&](const SlicedAxis& s) { return s.axis == axis; };
    if (place < 0 || place >= rank || std::any_of(result.begin(), result.end(), is_same)) return std::nullopt;
    SlicedAxis& sliced = result.emplace_back(SlicedAxis{axis, {}, SlicedAxis::other});
    if (steps && (*steps)[i] == 1 && from[axis] == to[axis]) sliced.kind = SlicedAxis::whole;
    if (!starts || !ends || !steps || !from[axis].known()) continue;
    sliced.range = slice_range((*starts)[i], (*ends)[i], (*steps)[i], from[axis].factor);
    if (sliced.kind == SlicedAxis::whole) continue;
    if ((*steps)[i] == 1) sliced.kind = SlicedAxis::in_order;
    if ((*steps)[i] == -1 && sliced.range.count == from[axis].factor) sliced.kind = SlicedAxis::reversed;
  }
  return result;
}

static void tie_slice(ChannelTies& ties, const Node& node) {
  if (ops::pin_where_unknown(ties, node)) return;
  const auto sliced = sliced_axes(ties.graph(), node);
  if (!sliced) return ops::pin_everything(ties, node);
  for (size_t i = 1; i < node.inputs.size(); ++i) {
    if (node.inputs[i] != kNoValue) ties.pin(node.inputs[i]);
  }
  for (size_t axis = 0; axis < ties.rank(node.inputs[0]); ++axis) {
    const IndexRange from = ties.axis(node.inputs[0], static_cast<int64_t>(axis));
    const IndexRange to = ties.axis(node.outputs[0], static_cast<int64_t>(axis));
    const auto it = std::find_if(sliced->begin(), sliced->end(), [&](const SlicedAxis& s) { return s.axis == axis; });
    if (it == sliced->end() || it->kind == SlicedAxis::whole) {
      ties.tie(from, to);
    } else if (it->kind == SlicedAxis::in_order) {
      ties.tie(from.part(static_cast<size_t>(it->range.start), static_cast<size_t>(it->range.count)), to);
    } else if (it->kind == SlicedAxis::reversed && from.count == to.count) {
      for (size_t i = 0; i < to.count; ++i) ties.tie(from[to.count - 1 - i], to[i]);
    } else {
      ties.pin(from);
      ties.pin(to);
    }
  }
}

static void cut_slice(ChannelCut& cut, NodeId id) {
  const Graph& graph = cut.graph();
  const ValueId x = graph.node(id).inputs[0];
  if (!cut.cuts(x)) return;
  const auto sliced = sliced_axes(graph, graph.node(id));
  auto starts = ops::known_list(graph, graph.node(id), 1), ends = ops::known_list(graph, graph.node(id), 2);
  if (!sliced || !starts || !ends) return;  // nothing along these axes goes
  bool changed = false;
  for (size_t i = 0; i < sliced->size(); ++i) {
    const auto& [axis, range, kind] = (*sliced)[i];
    const auto a = static_cast<int64_t>(axis);
    if (kind == SlicedAxis::other || !cut.cuts(x, a)) continue;
    if (kind == SlicedAxis::in_order) {
      (*starts)[i] = cut.kept_between(x, a, 0, range.start);
      (*ends)[i] = (*starts)[i] + cut.kept_between(x, a, range.start, range.start + range.count);
    } else {
      (*starts)[i] = kind == SlicedAxis::whole ? 0 : -1;
      (*ends)[i] = kind == SlicedAxis::whole ? INT64_MAX : -INT64_MAX;
      if (graph.value(graph.node(id).inputs[2]).dtype == DType::i32)
        (*ends)[i] = kind == SlicedAxis::whole ? INT32_MAX : -INT32_MAX;
    }
    changed = true;
  }
  if (!changed) return;
  cut.set_integers(id, 1, *starts);
  cut.set_integers(id, 2, *ends);
}

const OpDef op_slice = {.kind = OpKind::slice,
                        .name = "Slice",
                        .min_inputs = 3,
                        .max_inputs = 5,
                        .max_outputs = 1,
                        .lift = lift_slice,
                        .moves = true,
                        .tie = tie_slice,
                        .cut = cut_slice};

}  // namespace pare
