#include <algorithm>
#include <numeric>

#include "core/edit.h"
#include "core/error.h"
#include "core/ops/rewrite.h"
#include "core/ops/softmax.h"

namespace pare::ops {

// An axis of a tensor of known rank, from 0 on.
static int64_t softmax_axis(int64_t axis, int64_t rank) {
  ensure(axis >= -rank && axis < rank, "axis {} of {} dimensions", axis, rank);
  return axis < 0 ? axis + rank : axis;
}

// The only axis from `axis` on that may be larger than 1, when there is just one: flattening changes nothing then.
static std::optional<int64_t> softmax_only_axis(const Dims& dims, int64_t axis) {
  std::optional<int64_t> only;
  for (int64_t i = axis; i < static_cast<int64_t>(dims.size()); ++i) {
    if (dims[static_cast<size_t>(i)] == Dim(1)) continue;
    if (only) return std::nullopt;
    only = i;
  }
  return only ? only : axis;
}

void lift_softmax(Graph& graph, NodeId id, int64_t version) {
  if (version >= 13) return;
  const ValueId x = graph.node(id).inputs.at(0);
  int64_t axis = graph.node(id).attributes.integer("axis", 1);
  if (const std::optional<Dims>& dims = graph.value(x).dims) {
    axis = softmax_axis(axis, static_cast<int64_t>(dims->size()));
    if (const std::optional<int64_t> only = softmax_only_axis(*dims, axis)) {
      graph.node(id).attributes.set("axis", *only);
      return;
    }
  } else if (axis == -1) {
    return;  // the last axis, whatever the rank
  }
  Attributes flatten;
  flatten.set("axis", axis);
  const ValueId shape = insert_before(graph, id, OpKind::shape, "shape", {x});
  const ValueId matrix = insert_before(graph, id, OpKind::flatten, "flat", {x}, std::move(flatten));
  set_input(graph, id, 0, matrix);
  graph.node(id).attributes.set("axis", int64_t{-1});
  insert_after(graph, id, OpKind::reshape, "unflat", {shape});
}

void lower_softmax(Graph& graph, NodeId id, int64_t version) {
  if (version >= 13) return;
  const ValueId x = graph.node(id).inputs.at(0);
  int64_t axis = graph.node(id).attributes.integer("axis", -1);
  graph.node(id).attributes.set("axis", axis);  // the default was another
  if (axis == -1) return;
  const std::optional<Dims> dims = graph.value(x).dims;
  if (!dims) unsupported(version, "normalizes along the last axis only, and the rank is unknown");
  axis = softmax_axis(axis, static_cast<int64_t>(dims->size()));
  graph.node(id).attributes.set("axis", axis);
  if (std::all_of(dims->begin() + axis + 1, dims->end(), [](const Dim& dim) { return dim == Dim(1); })) return;

  // The axis changes places with the last one, before and after.
  Shape order(dims->size());
  std::iota(order.begin(), order.end(), 0);
  std::swap(order[static_cast<size_t>(axis)], order.back());
  Attributes swap;
  swap.set("perm", order);
  const ValueId turned = insert_before(graph, id, OpKind::transpose, "turn", {x}, swap);
  set_input(graph, id, 0, turned);
  graph.node(id).attributes.set("axis", int64_t{-1});
  insert_after(graph, id, OpKind::transpose, "turn_back", {}, swap);
}

}  // namespace pare::ops
