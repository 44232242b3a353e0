// Taking channels out of a graph.
#include <algorithm>
#include <map>
#include <utility>

#include "core/channels/channels.h"
#include "core/channels/cut.h"
#include "core/edit.h"
#include "core/error.h"
#include "core/op_def.h"

namespace pare {
namespace {

using Kept = std::vector<int32_t>;

// What stays of every axis of a value that loses something.
using CutAxes = std::vector<std::pair<size_t, Kept>>;
CutAxes cut_axes(const Graph& graph, const Channels& channels, ValueId v, const std::vector<bool>& removed) {
  CutAxes result;
  const Value& value = graph.value(v);
  for (size_t axis = 0; value.dims && axis < value.dims->size(); ++axis) {
    std::optional<Kept> kept = channels.kept(v, axis, removed);
    if (!kept) continue;
    ensure(!kept->empty(), "removing these channels would leave nothing of axis {} of '{}'", axis, value.name);
    result.emplace_back(axis, std::move(*kept));
  }
  return result;
}

// Calls f(old flat index, new flat index) for what stays of one axis, in runs of `inner` elements.
template <class F>
void each_run(const Shape& shape, size_t axis, const Kept& kept, const F& f) {
  size_t outer = 1, inner = 1;
  for (size_t i = 0; i < axis; ++i) outer *= static_cast<size_t>(shape[i]);
  for (size_t i = axis + 1; i < shape.size(); ++i) inner *= static_cast<size_t>(shape[i]);
  const auto size = static_cast<size_t>(shape[axis]);
  for (size_t o = 0; o < outer; ++o) {
    for (size_t k = 0; k < kept.size(); ++k)
      f((o * size + static_cast<size_t>(kept[k])) * inner, (o * kept.size() + k) * inner, inner);
  }
}

Tensor gather(const Tensor& tensor, size_t axis, const Kept& kept) {
  Shape shape = tensor.shape();
  shape[axis] = static_cast<int64_t>(kept.size());
  Tensor result(tensor.dtype(), shape);
  const size_t element = size_of(tensor.dtype());
  const std::span<const std::byte> from = tensor.bytes();
  const std::span<std::byte> to = result.edit_bytes();
  each_run(tensor.shape(), axis, kept, [&](size_t old_at, size_t new_at, size_t count) {
    std::copy_n(from.begin() + static_cast<ptrdiff_t>(old_at * element), count * element,
                to.begin() + static_cast<ptrdiff_t>(new_at * element));
  });
  return result;
}

BitMask gather(const BitMask& mask, const Shape& shape, size_t axis, const Kept& kept) {
  BitMask result(mask.size() / static_cast<size_t>(shape[axis]) * kept.size());
  each_run(shape, axis, kept, [&](size_t old_at, size_t new_at, size_t count) {
    for (size_t i = 0; i < count; ++i) result.set(new_at + i, mask[old_at + i]);
  });
  return result;
}

template <class T>
void keep_only(std::vector<T>& values, const Kept& kept) {
  for (size_t i = 0; i < kept.size(); ++i) values[i] = values[static_cast<size_t>(kept[i])];
  values.resize(kept.size());
}

void cut_grid(Grid& grid, int64_t size, size_t axis, const Kept& kept) {
  const int64_t scaled = grid.axis;
  if (scaled != static_cast<int64_t>(axis)) return;
  if (grid.block == 0) {
    if (grid.scale.size() > 1) keep_only(grid.scale, kept);
    if (grid.zero_point.size() > 1) keep_only(grid.zero_point, kept);
    return;
  }
  // Scales lie [axis, blocks of the axis after].
  const auto blocks = static_cast<int32_t>(static_cast<int64_t>(grid.scale.size()) / size);
  Kept all;
  for (const int32_t k : kept)
    for (int32_t b = 0; b < blocks; ++b) all.push_back(k * blocks + b);
  keep_only(grid.scale, all);
  if (!grid.zero_point.empty()) keep_only(grid.zero_point, all);
}

void cut_constant(Value& value, size_t axis, const Kept& kept) {
  const Shape shape = value.constant->shape();
  value.constant = gather(*value.constant, axis, kept);
  Encoding& encoding = value.encoding;
  if (encoding.levels) encoding.levels = gather(*encoding.levels, axis, kept);
  if (encoding.mask) {
    encoding.mask = gather(*encoding.mask, shape, axis, kept);
    if (encoding.mask->kept() == encoding.mask->size()) encoding.mask.reset();
  }
  if (encoding.grid) cut_grid(*encoding.grid, shape[axis], axis, kept);
}

Dims cut_dims(const Dims& dims, const CutAxes& axes) {
  Dims result = dims;
  for (const auto& [axis, kept] : axes) result[axis].factor = static_cast<int64_t>(kept.size());
  return result;
}

// A dimension that loses something has to be found again as it is meant to be. Of others, whose sizes may have been
// computed from those, inference may tell less than the source did, but nothing else.
bool is_same(Dim meant, Dim found) { return meant.factor == found.factor && meant.known() == found.known(); }
bool is_no_contradiction(Dim meant, Dim found) {
  return meant.factor == found.factor || (!found.known() && meant.symbol != found.symbol);
}

}  // namespace

void shrink_dims(Graph& graph, const Channels& channels, const std::vector<bool>& removed) {
  for (ValueId v = 0; v < static_cast<ValueId>(graph.values.size()); ++v) {
    const CutAxes axes = cut_axes(graph, channels, v, removed);
    if (!axes.empty()) graph.value(v).dims = cut_dims(*graph.value(v).dims, axes);
  }
}

void remove_channels(Graph& graph, const Channels& channels, const std::vector<bool>& removed) {
  std::map<ValueId, CutAxes> cuts;
  for (ValueId v = 0; v < static_cast<ValueId>(graph.values.size()); ++v) {
    CutAxes axes = cut_axes(graph, channels, v, removed);
    if (!axes.empty()) cuts.emplace(v, std::move(axes));
  }
  if (cuts.empty()) return;
  Graph result = graph;  // so that an error leaves the caller's as it was
  ChannelCut cut(result, channels, removed);
  for (auto n = static_cast<NodeId>(result.nodes.size()); n-- > 0;) {  // backwards: rules may insert nodes in front
    const Node& node = result.node(n);
    if (node.dead) continue;
    const OpDef* def = op_def(node.op);
    if (def && def->cut) def->cut(cut, n);
  }
  for (const auto& [v, axes] : cuts) {
    Value& value = result.value(v);
    for (const auto& [axis, kept] : axes) {
      if (value.constant) cut_constant(value, axis, kept);
      if (value.activation_grid) cut_grid(*value.activation_grid, (*value.dims)[axis].factor, axis, kept);
    }
    value.dims = cut_dims(*value.dims, axes);
  }
  std::vector<std::pair<ValueId, Dims>> expected;
  for (ValueId v = 0; v < static_cast<ValueId>(graph.values.size()); ++v) {
    const Value& value = result.value(v);
    if (value.producer != kNoNode && value.dims) expected.emplace_back(v, *value.dims);
  }
  infer_shapes(result);
  for (const auto& [v, dims] : expected) {
    const Value& value = result.value(v);
    const auto fits = cuts.contains(v) ? is_same : is_no_contradiction;
    ensure(value.dims && value.dims->size() == dims.size() &&
               std::equal(dims.begin(), dims.end(), value.dims->begin(), fits),
           "removing channels: '{}' of {} has other sizes than its channels say (a bug in pare)", value.name,
           result.label(result.node(value.producer)));
  }
  compact(result);
  verify(result);
  graph = std::move(result);
}

}  // namespace pare
