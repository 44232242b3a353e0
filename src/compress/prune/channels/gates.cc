#include "compress/prune/channels/gates.h"

#include <cmath>
#include <optional>

#include "compress/prune/channels/calibration.h"
#include "compress/prune/channels/slices.h"
#include "core/edit.h"
#include "core/error.h"

namespace pare {
namespace {

struct Gate {
  size_t group;
  ActivationPlace place;
  ValueId gate;
};

// Everything that reads the activation reads it times a vector of ones.
std::optional<ValueId> insert_gate(Graph& graph, const ActivationPlace& place) {
  const Dims dims = *graph.value(place.value).dims;
  if (!dims[place.axis].known()) return std::nullopt;
  const std::vector<NodeId> readers = graph.value(place.value).users;
  Shape shape(dims.size() - place.axis, 1);
  shape[0] = dims[place.axis].factor;
  Tensor ones(DType::f32, shape);
  for (float& one : ones.edit<float>()) one = 1;
  const ValueId gate = add_constant(graph, unique_name(graph, graph.value(place.value).name + "_gate"), ones);
  graph.value(gate).trainable = true;
  const ValueId gated =
      append(graph, OpKind::mul, unique_name(graph, graph.value(place.value).name + "_gated"), {place.value, gate});
  for (const NodeId reader : readers)
    for (size_t i = 0; i < graph.node(reader).inputs.size(); ++i)
      if (graph.node(reader).inputs[i] == place.value) set_input(graph, reader, i, gated);
  return gate;
}

}  // namespace

std::vector<std::vector<float>> gate_gradients(const ChannelContext& context) {
  ensure(context.engine && context.data, "the criterion wants gradients and needs data");
  Graph graph = context.graph;
  for (Value& value : graph.values) value.trainable = false;
  std::vector<Gate> gates;
  const auto groups = context.channels.groups();
  for (size_t g = 0; g < groups.size(); ++g)
    for (const ActivationPlace& place : activations_of(context.graph, context.channels, groups[g]))
      if (const auto gate = insert_gate(graph, place)) gates.push_back({g, place, *gate});
  if (gates.empty()) return std::vector<std::vector<float>>(groups.size());
  sort_topologically(graph);
  const Evidence evidence =
      context.engine->measure(graph, *context.data, {.gradient = true}, context.batches, context.reports());

  ChannelMeans means(context.channels);
  for (const Gate& gate : gates) {
    const ChannelGroup& group = groups[gate.group];
    const AxisChannels owners(context.graph, context.channels, group, gate.place.value, gate.place.axis);
    const auto found = evidence.gradient.find(gate.gate);
    if (found == evidence.gradient.end()) continue;  // the loss does not see it: it leads to other outputs only
    const std::vector<float>& gradient = found->second;
    std::vector<double> sums(group.channels.size());
    for (size_t i = 0; i < gradient.size(); ++i)
      for (const uint32_t channel : owners.at(i)) sums[channel] += static_cast<double>(gradient[i]);
    for (size_t c = 0; c < sums.size(); ++c) means.add(gate.group, c, std::fabs(sums[c]), 1);
  }
  return means.means();
}

}  // namespace pare
