#include "core/channels/cut.h"

#include <algorithm>
#include <numeric>

#include "core/channels/shape_list.h"
#include "core/edit.h"
#include "core/error.h"
#include "core/ops/rewrite.h"

namespace pare {

static size_t place_of(const Graph& graph, ValueId value, int64_t axis) {
  const std::optional<Dims>& dims = graph.value(value).dims;
  const int64_t rank = dims ? static_cast<int64_t>(dims->size()) : 0;
  const int64_t place = axis < 0 ? axis + rank : axis;
  if (place < 0 || place >= rank)
    fail(Code::internal, "axis {} of '{}' is asked for, which has {}", axis, graph.value(value).name, rank);
  return static_cast<size_t>(place);
}

const std::optional<std::vector<int32_t>>& ChannelCut::lookup(ValueId value, size_t axis) const {
  if (last_ != std::pair(value, axis)) {
    last_ = {value, axis};
    last_kept_ = channels_.kept(value, axis, removed_);
  }
  return last_kept_;
}

bool ChannelCut::cuts(ValueId value, int64_t axis) const {
  return graph_.value(value).dims && lookup(value, place_of(graph_, value, axis)).has_value();
}

bool ChannelCut::cuts(ValueId value) const {
  const std::optional<Dims>& dims = graph_.value(value).dims;
  for (size_t axis = 0; dims && axis < dims->size(); ++axis) {
    if (cuts(value, static_cast<int64_t>(axis))) return true;
  }
  return false;
}

std::vector<int32_t> ChannelCut::kept(ValueId value, int64_t axis) const {
  const size_t place = place_of(graph_, value, axis);
  if (const auto& some = lookup(value, place)) return *some;
  std::vector<int32_t> all(static_cast<size_t>((*graph_.value(value).dims)[place].factor));
  std::iota(all.begin(), all.end(), 0);
  return all;
}

int64_t ChannelCut::kept_between(ValueId value, int64_t axis, int64_t from, int64_t to) const {
  const auto& some = lookup(value, place_of(graph_, value, axis));
  if (!some) return to - from;
  return std::lower_bound(some->begin(), some->end(), to) - std::lower_bound(some->begin(), some->end(), from);
}

Dim ChannelCut::dim(ValueId value, int64_t axis) const {
  const size_t place = place_of(graph_, value, axis);
  Dim dim = (*graph_.value(value).dims)[place];
  if (const auto& some = lookup(value, place)) dim.factor = static_cast<int64_t>(some->size());
  return dim;
}

Dims ChannelCut::dims(ValueId value) const {
  Dims result = *graph_.value(value).dims;
  for (size_t axis = 0; axis < result.size(); ++axis) result[axis] = dim(value, static_cast<int64_t>(axis));
  return result;
}

void ChannelCut::set_integers(NodeId node, size_t index, std::span<const int64_t> values, bool scalar) {
  const Node& n = graph_.node(node);
  Tensor tensor = Tensor::of<int64_t>(scalar ? Shape{} : Shape{static_cast<int64_t>(values.size())}, values);
  // Lists beside each other have one type.
  const DType before = graph_.has_input(n, index) ? graph_.value(n.inputs[index]).dtype : DType::none;
  if (before == DType::i32) tensor = cast(tensor, before);
  set_input(graph_, node, index, add_constant(graph_, ops::name_beside(graph_, n, "sizes"), std::move(tensor)));
}

void ChannelCut::set_shape(NodeId node, size_t index) {
  const Node& n = graph_.node(node);
  const std::vector<ShapeEntry> entries = shape_entries(graph_, n, index);
  const Dims before = *graph_.value(n.outputs[0]).dims, after = dims(n.outputs[0]);
  Shape numbers(after.size());
  for (size_t i = 0; i < after.size(); ++i) {
    if (entries[i] == ShapeEntry::number) numbers[i] = after[i].factor;
    if (entries[i] == ShapeEntry::copied) numbers[i] = n.op == OpKind::reshape ? 0 : 1;
    if (entries[i] == ShapeEntry::open) numbers[i] = -1;
    if (entries[i] == ShapeEntry::computed && before[i] != after[i])
      fail(Code::internal, "{}: dimension {} is computed and cannot change", graph_.label(n), i);
  }
  const auto is_computed = [](ShapeEntry entry) { return entry == ShapeEntry::computed; };
  if (std::none_of(entries.begin(), entries.end(), is_computed)) return set_integers(node, index, numbers);
  if (std::all_of(entries.begin(), entries.end(), is_computed)) return;

  const ValueId list = n.inputs[index];
  const size_t ahead = dims_before_list(graph_, n, index).value_or(0);
  std::vector<ValueId> pieces;
  for (size_t i = 0; i < entries.size();) {  // runs of either kind
    size_t end = i;
    while (end < entries.size() && is_computed(entries[end]) == is_computed(entries[i])) ++end;
    Shape run(numbers.begin() + static_cast<ptrdiff_t>(i), numbers.begin() + static_cast<ptrdiff_t>(end));
    const bool computed = is_computed(entries[i]);
    if (computed) std::iota(run.begin(), run.end(), static_cast<int64_t>(i - ahead));
    const ValueId constant = ops::integers_constant(graph_, node, "sizes", run);
    pieces.push_back(constant);
    if (computed) pieces.back() = ops::insert_before(graph_, node, OpKind::gather, "part", {list, constant});
    i = end;
  }
  Attributes along;
  along.set("axis", int64_t{0});
  const ValueId whole = ops::insert_before(graph_, node, OpKind::concat, "shape", pieces, std::move(along));
  set_input(graph_, node, index, whole);
}

}  // namespace pare
