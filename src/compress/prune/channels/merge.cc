#include "compress/prune/channels/merge.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <set>

#include "compress/prune/channels/criterion.h"
#include "compress/prune/channels/layer_matrix.h"
#include "compress/prune/channels/matrix.h"
#include "compress/prune/channels/slices.h"

namespace pare {
namespace {

constexpr double kLeastCosine = 0.45;   // filters that are less alike are not merged
constexpr double kCosineWeight = 0.85;  // of the cosine against B

// What a layer and the batch norm behind it compute: y = w x + b for every output.
struct Filters {
  LayerMatrix layer;
  std::vector<double> factors, biases;
  Matrix products;            // <w_p, w_k>
  ValueId output = kNoValue;  // behind the norm
  double norm(size_t output_index) const { return std::sqrt(products.at(output_index, output_index)); }
};

const Tensor* own_floats(const Graph& graph, const Node& node, size_t input, size_t count) {
  const Tensor* t = graph.constant_input(node, input);
  return t && t->dtype() == DType::f32 && static_cast<size_t>(t->size()) == count ? t : nullptr;
}

// The node that alone reads `value`.
const Node* only_reader(const Graph& graph, ValueId value) {
  const auto& users = graph.value(value).users;
  const bool is_output = std::find(graph.outputs.begin(), graph.outputs.end(), value) != graph.outputs.end();
  return users.size() == 1 && !is_output ? &graph.node(users[0]) : nullptr;
}

void add_bias(const Graph& graph, const Node& node, size_t input, Filters& filters) {
  if (const Tensor* bias = own_floats(graph, node, input, filters.biases.size()))
    for (size_t o = 0; o < filters.biases.size(); ++o) filters.biases[o] += static_cast<double>(bias->view<float>()[o]);
}

void fold_norm(const Graph& graph, const Node& norm, Filters& filters) {
  const size_t count = filters.biases.size();
  const Tensor* parts[4];
  for (size_t i = 0; i < 4; ++i)
    if (!(parts[i] = own_floats(graph, norm, i + 1, count))) return;
  const auto epsilon = static_cast<double>(norm.attributes.real("epsilon", 1e-5F));
  for (size_t o = 0; o < count; ++o) {
    const auto at = [&](size_t i) { return static_cast<double>(parts[i]->view<float>()[o]); };
    const double factor = at(0) / std::sqrt(at(3) + epsilon);
    filters.factors[o] = factor;
    filters.biases[o] = factor * (filters.biases[o] - at(2)) + at(1);
  }
  filters.output = norm.outputs[0];
}

std::optional<Filters> filters_of(const Graph& graph, NodeId node, Progress& progress) {
  const auto layer = layer_matrix(graph, node);
  if (!layer) return std::nullopt;
  Filters filters{*layer,
                  std::vector<double>(layer->outputs, 1),
                  std::vector<double>(layer->outputs),
                  {},
                  graph.node(node).outputs[0]};
  add_bias(graph, graph.node(node), 2, filters);
  const Node* next = only_reader(graph, filters.output);
  if (next && next->op == OpKind::add) {  // the bias of a MatMul
    const size_t other = next->inputs[0] == filters.output ? 1 : 0;
    if (own_floats(graph, *next, other, layer->outputs)) {
      add_bias(graph, *next, other, filters);
      filters.output = next->outputs[0];
      next = only_reader(graph, filters.output);
    }
  }
  if (next && next->op == OpKind::batch_normalization && next->inputs[0] == filters.output)
    fold_norm(graph, *next, filters);
  const auto weight = graph.value(layer->weight).constant->view<float>();
  filters.products = gram(layer->outputs, layer->inputs * layer->taps, progress, [&](size_t from, Matrix& part) {
    for (size_t o = 0; o < part.rows(); ++o) {
      for (size_t c = 0; c < part.columns(); ++c) {
        const size_t element = layer->element(o, (from + c) / layer->taps, (from + c) % layer->taps);
        part.at(o, c) = filters.factors[o] * static_cast<double>(weight[element]);
      }
    }
  });
  return filters;
}

// f(s x) = s f(x) for s > 0.
bool keeps_multiples(const Graph& graph, const Node& node) {
  switch (node.op) {
    case OpKind::relu:
    case OpKind::leaky_relu:
    case OpKind::identity:
    case OpKind::dropout:
    case OpKind::max_pool:
    case OpKind::average_pool:
    case OpKind::global_average_pool:
    case OpKind::global_max_pool:
    case OpKind::reduce_mean:
    case OpKind::flatten:
    case OpKind::reshape:
    case OpKind::transpose:
    case OpKind::squeeze:
    case OpKind::unsqueeze:
      return true;
    case OpKind::pad: {
      if (!graph.has_input(node, 2)) return true;
      const Tensor* around = graph.constant_input(node, 2);
      return around && around->dtype() == DType::f32 && around->size() == 1 && around->view<float>()[0] == 0;
    }
    default:
      return false;
  }
}

// Do all ways from here end in readers (nodes that contract over the channels), through ops that keep multiples?
bool reaches_readers(const Graph& graph, ValueId from, const std::set<NodeId>& readers) {
  if (std::find(graph.outputs.begin(), graph.outputs.end(), from) != graph.outputs.end()) return false;
  for (const NodeId user : graph.value(from).users) {
    const Node& node = graph.node(user);
    if (readers.contains(user)) continue;
    if (!keeps_multiples(graph, node) || node.inputs[0] != from) return false;
    if (!reaches_readers(graph, node.outputs[0], readers)) return false;
  }
  return true;
}

struct Match {
  size_t channel;
  double scale;
};

// The most similar channel of those that stay.
std::optional<Match> most_similar(const Filters& filters, const std::vector<size_t>& output_of, size_t gone,
                                  const std::vector<size_t>& kept) {
  const size_t p = output_of[gone];
  const double norm = filters.norm(p);
  if (norm <= 0) return std::nullopt;
  std::optional<Match> best;
  double least = 0;
  for (const size_t c : kept) {
    const size_t k = output_of[c];
    const double other = filters.norm(k);
    if (other <= 0) continue;
    const double cosine = filters.products.at(p, k) / (norm * other);
    if (cosine < kLeastCosine) continue;
    const double scale = norm / other;
    const double rest = std::fabs(filters.biases[p] - scale * filters.biases[k]) / norm;
    const double distance = kCosineWeight * (1 - cosine) + (1 - kCosineWeight) * rest;
    if (!best || distance < least) best = Match{c, scale}, least = distance;
  }
  return best;
}

// A reader's weight, and for each channel of the group the inputs that are its.
struct MergeReader {
  LayerMatrix layer;
  std::vector<std::vector<size_t>> inputs;
};

void move_inputs(Graph& graph, const MergeReader& reader, size_t from, const Match& to) {
  const LayerMatrix& layer = reader.layer;
  const auto weight = graph.value(layer.weight).constant->edit<float>();
  for (size_t n = 0; n < reader.inputs[from].size(); ++n) {
    for (size_t o = 0; o < layer.outputs; ++o) {
      for (size_t t = 0; t < layer.taps; ++t) {
        float& kept = weight[layer.element(o, reader.inputs[to.channel][n], t)];
        const float gone = weight[layer.element(o, reader.inputs[from][n], t)];
        kept += static_cast<float>(to.scale * static_cast<double>(gone));
      }
    }
  }
}

// The one layer that makes the group, and those that read it and can be changed. Nothing where the group is no such.
struct Course {
  Filters filters;
  std::vector<size_t> output_of;  // per channel
  std::vector<MergeReader> readers;
};
std::optional<Course> course_of(const Graph& graph, const Channels& channels, const ChannelGroup& group,
                                Progress& progress) {
  const ChannelMember* maker = nullptr;
  std::set<NodeId> reading;
  std::vector<MergeReader> readers;
  const std::vector<ChannelMember> members = members_of(graph, channels, group);
  for (const ChannelMember& member : members) {
    if (member.role == ChannelRole::makes) {
      if (maker) return std::nullopt;
      maker = &member;
    }
    if (member.role != ChannelRole::reads) continue;
    reading.insert(member.node);
    const auto layer = layer_matrix(graph, member.node);
    const Value& weight = graph.value(member.value);
    if (!layer || layer->weight != member.value || weight.users.size() != 1) continue;
    if (weight.encoding.grid || weight.encoding.mask) continue;
    if (graph.node(member.node).attributes.integer("group", 1) != 1) continue;
    const AxisChannels owners(graph, channels, group, member.value, member.axis);
    MergeReader reader{*layer, std::vector<std::vector<size_t>>(group.channels.size())};
    for (size_t i = 0; i < layer->inputs; ++i)
      for (const uint32_t channel : owners.at(i)) reader.inputs[channel].push_back(i);
    readers.push_back(std::move(reader));
  }
  if (!maker || readers.empty()) return std::nullopt;
  if (graph.node(maker->node).attributes.integer("group", 1) != 1) return std::nullopt;  // filters of different inputs
  std::optional<Filters> filters = filters_of(graph, maker->node, progress);
  if (!filters || filters->layer.weight != maker->value) return std::nullopt;
  if (!reaches_readers(graph, filters->output, reading)) return std::nullopt;
  const AxisChannels owners(graph, channels, group, maker->value, maker->axis);
  Course course{std::move(*filters), std::vector<size_t>(group.channels.size()), std::move(readers)};
  std::vector<bool> seen(group.channels.size());
  for (size_t o = 0; o < course.filters.layer.outputs; ++o) {
    for (const uint32_t channel : owners.at(o)) {
      if (seen[channel]) return std::nullopt;  // heads, groups: a channel is more than one filter
      seen[channel] = true;
      course.output_of[channel] = o;
    }
  }
  return course;
}

}  // namespace

size_t merge_channels(Graph& graph, const Channels& channels, const std::vector<bool>& removed, Progress& progress) {
  const Graph before = graph;  // what one group changes is not what another is compared by
  Stage stage(progress, "merge", channels.groups().size());
  size_t merged = 0;
  uint64_t done = 0;
  for (const ChannelGroup& group : channels.groups()) {
    stage.advance(done++);
    stage.check();
    std::vector<size_t> gone, kept;
    for (size_t c = 0; c < group.channels.size(); ++c) (removed[group.channels[c]] ? gone : kept).push_back(c);
    if (gone.empty() || kept.empty()) continue;
    const std::optional<Course> course = course_of(before, channels, group, progress);
    if (!course) continue;
    for (const size_t c : gone) {
      const auto match = most_similar(course->filters, course->output_of, c, kept);
      if (!match) continue;
      for (const MergeReader& reader : course->readers) move_inputs(graph, reader, c, *match);
      ++merged;
    }
  }
  return merged;
}

}  // namespace pare
