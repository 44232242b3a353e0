#include "core/channels/shape_list.h"

#include <algorithm>

namespace pare {
namespace {

// Reshape copies by place. A multiple of a symbol changes alike on both sides only where what is before is the same
// too.
bool reshape_copies(const Dims& from, const Dims& to, size_t i) {
  if (i >= from.size() || from[i] != to[i]) return false;
  return to[i].factor == 1 || std::equal(to.begin(), to.begin() + static_cast<ptrdiff_t>(i), from.begin());
}

// Does shape inference find the one dimension of a Reshape that is left open? It does where the symbols cancel.
bool is_found(const Dims& from, const Dims& to) {
  const auto symbols = [](const Dims& dims) {
    std::vector<uint32_t> result;
    for (const Dim& dim : dims)
      if (!dim.known()) result.push_back(dim.symbol);
    std::sort(result.begin(), result.end());
    return result;
  };
  return symbols(from) == symbols(to);
}

// Where the list of a Reshape has its -1, as far as constants tell.
std::optional<size_t> written_open(const Graph& graph, ValueId list) {
  constexpr size_t kMostSteps = 256;
  std::vector<ValueId> open = {list};
  size_t place = 0;
  for (size_t step = 0; !open.empty() && step < kMostSteps; ++step) {
    const Value& value = graph.value(open.back());
    open.pop_back();
    if (value.constant) {
      if (!is_integer(value.constant->dtype())) return std::nullopt;
      const Tensor wide = cast(*value.constant, DType::i64);
      const auto sizes = wide.view<int64_t>();
      const auto found = std::find(sizes.begin(), sizes.end(), int64_t{-1});
      if (found != sizes.end()) return place + static_cast<size_t>(found - sizes.begin());
      place += sizes.size();
    } else if (value.producer != kNoNode && graph.node(value.producer).op == OpKind::concat) {
      const std::vector<ValueId>& pieces = graph.node(value.producer).inputs;
      open.insert(open.end(), pieces.rbegin(), pieces.rend());
    } else if (value.dims && value.dims->size() == 1 && (*value.dims)[0].known()) {
      place += static_cast<size_t>((*value.dims)[0].factor);
    } else {
      return std::nullopt;
    }
  }
  return std::nullopt;
}

}  // namespace

std::optional<size_t> dims_before_list(const Graph& graph, const Node& node, size_t index) {
  if (node.op != OpKind::expand) return 0;
  const std::optional<Dims>&to = graph.value(node.outputs[0]).dims, &list = graph.value(node.inputs[index]).dims;
  if (!to || !list || list->size() != 1 || !(*list)[0].known()) return std::nullopt;
  const auto count = static_cast<size_t>((*list)[0].factor);
  if (count > to->size()) return std::nullopt;
  return to->size() - count;
}

bool can_say_shape(const Graph& graph, const Node& node, size_t index) {
  const std::optional<Dims>& to = graph.value(node.outputs[0]).dims;
  if (!to || !dims_before_list(graph, node, index)) return false;
  return node.op != OpKind::reshape || std::find(to->begin(), to->end(), Dim(0)) == to->end();
}

std::vector<ShapeEntry> shape_entries(const Graph& graph, const Node& node, size_t index) {
  const Dims& to = *graph.value(node.outputs[0]).dims;
  const std::optional<Dims>& from = graph.value(node.inputs[0]).dims;
  std::vector<ShapeEntry> entries(to.size(), ShapeEntry::computed);
  const size_t ahead = dims_before_list(graph, node, index).value_or(0);
  std::vector<size_t> left;
  for (size_t i = 0; i < to.size(); ++i) {
    const bool zero_copies = node.op == OpKind::reshape && node.attributes.integer("allowzero", 0) == 0;
    if (to[i].known())
      entries[i] = ShapeEntry::number;
    else if (zero_copies && from && reshape_copies(*from, to, i))
      entries[i] = ShapeEntry::copied;
    else if (i < ahead || (node.op == OpKind::expand && from && i + from->size() >= to.size() &&
                           (*from)[i + from->size() - to.size()] == to[i]))
      entries[i] = ShapeEntry::copied;
    else
      left.push_back(i);
  }
  if (node.op != OpKind::reshape || left.empty()) return entries;
  // One dimension can be left open: the one that the list does, since it cannot be told from the list. Else a symbol
  // alone never changes, so that the list tells it; of multiples, one can be open.
  const std::optional<size_t> written = written_open(graph, node.inputs[index]);
  if (written && std::find(left.begin(), left.end(), *written) != left.end()) {
    entries[*written] = ShapeEntry::open;
    return entries;
  }
  const auto multiple = std::find_if(left.begin(), left.end(), [&](size_t i) { return to[i].factor > 1; });
  if (multiple != left.end())
    entries[*multiple] = ShapeEntry::open;
  else if (graph.constant_input(node, index) || (left.size() == 1 && from && is_found(*from, to)))
    entries[left[0]] = ShapeEntry::open;
  return entries;
}

}  // namespace pare
