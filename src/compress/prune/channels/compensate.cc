#include "compress/prune/channels/compensate.h"

#include <algorithm>
#include <map>

#include "compress/prune/channels/input_products.h"
#include "core/error.h"
#include "core/parallel.h"

namespace pare {
namespace {

// A layer and the rows of its inputs that go.
struct Reader {
  ChannelMember member;
  std::vector<bool> gone;
};

std::vector<Reader> readers_of(const ChannelContext& context, const std::vector<bool>& removed) {
  std::map<ValueId, Reader> readers;  // several groups may lie side by side on one axis
  for (const ChannelGroup& group : context.channels.groups()) {
    for (const ChannelMember& member : members_of(context.graph, context.channels, group)) {
      const auto layer = layer_matrix(context.graph, member.node);
      if (member.role != ChannelRole::reads || !layer || layer->weight != member.value) continue;
      const Encoding& encoding = context.graph.value(member.value).encoding;
      if (encoding.grid || encoding.mask) continue;
      const auto rows = rows_of_channels(context, group, member, *layer);
      for (size_t c = 0; c < rows.size(); ++c) {
        if (!removed[group.channels[c]]) continue;
        Reader& reader = readers.try_emplace(member.value, Reader{member, {}}).first->second;
        reader.gone.resize(layer->inputs * layer->taps);
        for (const size_t row : rows[c]) reader.gone[row] = true;
      }
    }
  }
  std::vector<Reader> result;
  for (auto& [value, reader] : readers) result.push_back(std::move(reader));
  return result;
}

void refit(Graph& graph, const InputProducts& input, const std::vector<bool>& gone) {
  std::vector<size_t> kept, lost;
  for (size_t row = 0; row < gone.size(); ++row) (gone[row] ? lost : kept).push_back(row);
  if (kept.empty()) return;
  Matrix factor = submatrix(input.products, kept);
  damp(factor);
  within(graph.label(graph.node(input.layer.node)), [&] { cholesky(factor); });
  std::vector<std::vector<double>> weights(input.layer.outputs);
  parallel_for(weights.size(), [&](size_t o) {
    std::vector<double>& w = weights[o] = input.weights_of(graph, o);
    std::vector<double> change(kept.size());
    for (size_t k = 0; k < kept.size(); ++k)
      for (const size_t row : lost) change[k] += input.products.at(kept[k], row) * w[row];
    solve_cholesky(factor, change);
    for (size_t k = 0; k < kept.size(); ++k) w[kept[k]] += change[k];
    for (const size_t row : lost) w[row] = 0;
  });
  const LayerMatrix& layer = input.layer;
  const auto out = graph.value(layer.weight).constant->edit<float>();
  for (size_t o = 0; o < layer.outputs; ++o)
    for (size_t i = 0; i < layer.inputs; ++i)
      for (size_t t = 0; t < layer.taps; ++t)
        out[layer.element(o, i, t)] = static_cast<float>(weights[o][i * layer.taps + t]);
}

}  // namespace

std::vector<NodeId> compensate(Graph& graph, const ChannelContext& context, const std::vector<bool>& removed) {
  std::vector<NodeId> nodes;
  Graph refitted = context.graph;  // inputs are those of the network as it was
  for (const Reader& reader : readers_of(context, removed)) {
    const std::optional<InputProducts> input = input_products(context, reader.member);
    if (!input || input->products.rows() == 0) continue;
    refit(refitted, *input, reader.gone);
    nodes.push_back(reader.member.node);
  }
  for (const NodeId node : nodes) {
    const ValueId weight = graph.node(node).inputs[1];
    graph.value(weight).constant = refitted.value(weight).constant;
  }
  std::sort(nodes.begin(), nodes.end());
  return nodes;
}

}  // namespace pare
