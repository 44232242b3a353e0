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

}  // namespace

std::vector<ShapeEntry> shape_entries(const Graph& graph, const Node& node, size_t index) {
  const Dims& to = *graph.value(node.outputs[0]).dims;
  const std::optional<Dims>& from = graph.value(node.inputs[0]).dims;
  std::vector<ShapeEntry> entries(to.size(), ShapeEntry::computed);
  std::vector<size_t> left;
  for (size_t i = 0; i < to.size(); ++i) {
    const bool zero_copies = node.op == OpKind::reshape && node.attributes.integer("allowzero", 0) == 0;
    if (to[i].known())
      entries[i] = ShapeEntry::number;
    else if (zero_copies && from && reshape_copies(*from, to, i))
      entries[i] = ShapeEntry::copied;
    else if (node.op == OpKind::expand && from && i + from->size() >= to.size() &&
             (*from)[i + from->size() - to.size()] == to[i])
      entries[i] = ShapeEntry::copied;
    else
      left.push_back(i);
  }
  if (node.op != OpKind::reshape || left.empty()) return entries;
  // A symbol alone never changes, so that the list tells it; of multiples, one can be left open.
  const auto multiple = std::find_if(left.begin(), left.end(), [&](size_t i) { return to[i].factor > 1; });
  if (multiple != left.end())
    entries[*multiple] = ShapeEntry::open;
  else if (graph.constant_input(node, index) || (left.size() == 1 && from && is_found(*from, to)))
    entries[left[0]] = ShapeEntry::open;
  return entries;
}

}  // namespace pare
