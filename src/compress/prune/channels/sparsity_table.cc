#include "compress/prune/channels/sparsity_table.h"

#include <algorithm>
#include <cmath>
#include <set>

#include "compress/prune/channels/criterion.h"

namespace pare {

std::vector<LayerSparsity> sparsity_table(const Graph& graph, double sparsity) {
  std::vector<LayerSparsity> table;
  std::vector<float> magnitudes;
  std::set<ValueId> seen;
  for (const Layer& layer : layers(graph)) {
    if (!seen.insert(layer.weight).second) continue;
    const auto weights = graph.value(layer.weight).constant->view<float>();
    table.push_back({.name = layer.name, .weight = layer.weight, .elements = static_cast<int64_t>(weights.size())});
    for (const float w : weights) magnitudes.push_back(std::abs(w));
  }
  const auto gone = static_cast<std::ptrdiff_t>(sparsity * static_cast<double>(magnitudes.size()));
  if (gone == 0) return table;
  const auto last = magnitudes.begin() + gone - 1;
  std::nth_element(magnitudes.begin(), last, magnitudes.end());
  const float threshold = *last;
  for (LayerSparsity& row : table)
    row.zeros = std::ranges::count_if(graph.value(row.weight).constant->view<float>(),
                                      [&](float w) { return std::abs(w) <= threshold; });
  return table;
}

double sparsity_of(const std::vector<LayerSparsity>& table, const Graph& graph, const Channels& channels,
                   const ChannelGroup& group) {
  int64_t zeros = 0, elements = 0;
  for (const ChannelMember& member : members_of(graph, channels, group)) {
    if (member.role != ChannelRole::makes) continue;
    const auto row = std::ranges::find(table, member.value, &LayerSparsity::weight);
    if (row == table.end()) continue;
    zeros += row->zeros;
    elements += row->elements;
  }
  return elements == 0 ? 0 : static_cast<double>(zeros) / static_cast<double>(elements);
}

}  // namespace pare
