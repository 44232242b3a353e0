#include "core/channels/dead.h"

#include <algorithm>
#include <cmath>

#include "core/channels/known.h"

namespace pare {
namespace {

enum class Use : uint8_t { live, dead, constant };

// Ops through which a channel goes by itself, so that nothing else depends on it. Of any other op that has the channels
// in its outputs too (recurrent layers), nothing is known.
bool keeps_channels_apart(OpKind op) {
  switch (op) {
    case OpKind::rnn:
    case OpKind::lstm:
    case OpKind::gru:
    case OpKind::layer_normalization:
    case OpKind::group_normalization:
    case OpKind::mean_variance_normalization:
    case OpKind::lp_normalization:
    case OpKind::lrn:
    case OpKind::einsum:
    case OpKind::cum_sum:
    case OpKind::unknown:
      return false;
    default:
      return true;
  }
}

// A product of two activations that is summed over the channels.
bool sums_product(const KnownChannels& known, const Graph& graph, const Node& node, uint32_t group) {
  if (node.op != OpKind::matmul) return false;
  for (const size_t i : {size_t{0}, size_t{1}}) {
    const std::optional<Dims>& dims = graph.value(node.inputs[i]).dims;
    if (!dims || dims->empty()) return true;
    const size_t rank = dims->size(), axis = i == 0 || rank == 1 ? rank - 1 : rank - 2;
    if (known.carries(node.inputs[i], static_cast<uint32_t>(axis), group)) return true;
  }
  return false;
}

// Where the sum that a layer makes can be shifted by a number per output: its bias, or the mean of the batch norm that
// alone reads it. `sign` is that of the number there.
struct ShiftPlace {
  ValueId value = kNoValue;
  float sign = 1;
};
ShiftPlace shift_place(const Graph& graph, const Node& node, int64_t outputs) {
  const auto fits = [&](ValueId v) {
    const Value& value = graph.value(v);
    return value.constant && value.constant->dtype() == DType::f32 && value.encoding.empty() &&
           value.users.size() == 1 && value.constant->rank() == 1 && value.constant->dim(0) == outputs;
  };
  if (node.op != OpKind::matmul && graph.has_input(node, 2))
    return fits(node.inputs[2]) && node.attributes.real("beta", 1) == 1 ? ShiftPlace{node.inputs[2], 1} : ShiftPlace{};
  const Value& sum = graph.value(node.outputs[0]);
  const bool is_output = std::find(graph.outputs.begin(), graph.outputs.end(), node.outputs[0]) != graph.outputs.end();
  if (sum.users.size() != 1 || is_output) return {};
  const Node& next = graph.node(sum.users[0]);
  if (next.op == OpKind::batch_normalization && node.op != OpKind::matmul && fits(next.inputs[3]) &&
      next.attributes.integer("training_mode", 0) == 0)
    return {next.inputs[3], -1};
  if (next.op == OpKind::add && node.op == OpKind::matmul) {
    const ValueId other = next.inputs[next.inputs[0] == node.outputs[0] ? 1 : 0];
    if (fits(other)) return {other, 1};
  }
  return {};
}

// Can the layer have what a constant input channel gives it in its bias? Ungrouped convolutions without padding and
// matrices do.
bool can_fold(const Graph& graph, const Node& node, const Contraction& at) {
  const Value& weight = graph.value(node.inputs[at.weight]);
  if (!weight.encoding.empty() || weight.users.size() != 1) return false;
  if (node.op == OpKind::conv) {
    const std::string mode = node.attributes.text("auto_pad", "NOTSET");
    const std::vector<int64_t> pads = node.attributes.integers("pads");
    const bool padded = (mode != "NOTSET" && mode != "VALID") ||
                        std::any_of(pads.begin(), pads.end(), [](int64_t pad) { return pad != 0; });
    if (padded || node.attributes.integer("group", 1) != 1) return false;
    return shift_place(graph, node, weight.constant->dim(0)).value != kNoValue;
  }
  if (node.op == OpKind::gemm) {
    return at.input == 0 && node.attributes.integer("transA", 0) == 0 && node.attributes.real("alpha", 1) == 1 &&
           shift_place(graph, node, weight.constant->dim(1 - at.axis)).value != kNoValue;
  }
  return node.op == OpKind::matmul && at.weight == 1 && weight.constant->rank() == 2 &&
         shift_place(graph, node, weight.constant->dim(1)).value != kNoValue;
}

class UnusedFinder {
 public:
  UnusedFinder(const Graph& graph, const Channels& channels)
      : graph_(graph), channels_(channels), known_(graph, channels) {}

  std::vector<Use> run() {
    std::vector<Use> result(channels_.size(), Use::live);
    for (uint32_t g = 0; g < channels_.groups().size(); ++g) {
      const ChannelGroup& group = channels_.groups()[g];
      if (group.averaged) continue;
      const std::vector<NodeId>& nodes = known_.nodes_of(g);
      const KnownChannels::States states = known_.follow(g);
      for (size_t i = 0; i < group.channels.size(); ++i) result[group.channels[i]] = use_of(g, i, nodes, states);
    }
    return result;
  }
  const KnownChannels& known() const { return known_; }

 private:
  Use use_of(uint32_t group, size_t index, const std::vector<NodeId>& nodes, const KnownChannels::States& states) {
    Use use = Use::dead;
    for (const NodeId n : nodes) {
      const Node& node = graph_.node(n);
      const Use here = use_by(node, group, index, states);
      if (here == Use::live) return Use::live;
      if (here == Use::constant) use = Use::constant;
    }
    return use;
  }

  // What a node sees of the channel.
  Use use_by(const Node& node, uint32_t group, size_t index, const KnownChannels::States& states) {
    const auto carries = [&](ValueId v) { return v != kNoValue && known_.carries(v, group); };
    if (node.op == OpKind::shape) return Use::dead;  // sees sizes alone
    const bool goes_on = std::any_of(node.outputs.begin(), node.outputs.end(), carries);
    if (goes_on && !keeps_channels_apart(node.op)) return Use::live;
    const std::optional<Contraction> contraction = contraction_of(graph_, node);
    Use use = Use::dead;
    for (size_t i = 0; i < node.inputs.size(); ++i) {
      const ValueId v = node.inputs[i];
      if (!carries(v)) continue;
      if (graph_.value(v).constant) {
        // A table that is looked up and added up in one op: nothing is known of it.
        if (!goes_on && !contraction) return Use::live;
        continue;
      }
      const float value = states.at(v)[index];
      if (value == 0) continue;
      const bool contracts = contraction && i == contraction->input &&
                             known_.carries(node.inputs[contraction->weight], contraction->axis, group);
      if (contracts) {
        const ChannelId channel = channels_.groups()[group].channels[index];
        if (known_.slice(node.inputs[contraction->weight], contraction->axis, channel) == 0) continue;
        if (std::isnan(value) || !can_fold(graph_, node, *contraction)) return Use::live;
        use = Use::constant;
      } else if (!goes_on || sums_product(known_, graph_, node, group)) {
        return Use::live;
      }
    }
    return use;
  }

  const Graph& graph_;
  const Channels& channels_;
  KnownChannels known_;
};

std::vector<bool> having(const Graph& graph, const Channels& channels, Use wanted) {
  const std::vector<Use> uses = UnusedFinder(graph, channels).run();
  std::vector<bool> result;
  for (const Use use : uses) result.push_back(use == wanted);
  return result;
}

// bias[o] += value * sum of the weights between the channel's indices and output o, which become zero.
void fold(Graph& graph, const Node& node, const Contraction& at, const ShiftPlace& shift, uint32_t index, float value) {
  Tensor& weight = *graph.value(node.inputs[at.weight]).constant;
  const std::span<float> w = weight.edit<float>();
  const std::span<float> shifted = graph.value(shift.value).constant->edit<float>();
  const size_t rows = static_cast<size_t>(weight.dim(0)), columns = static_cast<size_t>(weight.dim(1));
  const size_t each = w.size() / (rows * columns);  // elements of the kernel
  const size_t outputs = at.axis == 1 ? rows : columns;
  for (size_t o = 0; o < outputs; ++o) {
    const size_t first = (at.axis == 1 ? o * columns + index : index * columns + o) * each;
    double sum = 0;
    for (size_t k = 0; k < each; ++k) {
      sum += w[first + k];
      w[first + k] = 0;
    }
    shifted[o] += shift.sign * static_cast<float>(sum * value);
  }
}

}  // namespace

std::vector<bool> dead_channels(const Graph& graph, const Channels& channels) {
  return having(graph, channels, Use::dead);
}

std::vector<bool> constant_channels(const Graph& graph, const Channels& channels) {
  return having(graph, channels, Use::constant);
}

void fold_constant_channels(Graph& graph, const Channels& channels, const std::vector<bool>& chosen) {
  UnusedFinder finder(graph, channels);
  const std::vector<Use> uses = finder.run();
  for (uint32_t g = 0; g < channels.groups().size(); ++g) {
    const ChannelGroup& group = channels.groups()[g];
    const auto folds = [&](ChannelId c) { return chosen[c] && uses[c] == Use::constant; };
    if (std::none_of(group.channels.begin(), group.channels.end(), folds)) continue;
    const KnownChannels::States states = finder.known().follow(g);
    for (const NodeId n : finder.known().nodes_of(g)) {
      const Node& node = graph.node(n);
      const std::optional<Contraction> at = contraction_of(graph, node);
      if (!at || !finder.known().carries(node.inputs[at->weight], at->axis, g)) continue;
      if (!states.contains(node.inputs[at->input])) continue;
      const std::vector<float>& values = states.at(node.inputs[at->input]);
      const Tensor& weight = *graph.value(node.inputs[at->weight]).constant;
      const ShiftPlace shift = shift_place(graph, node, weight.dim(1 - at->axis));
      for (size_t i = 0; i < group.channels.size(); ++i) {
        if (!folds(group.channels[i]) || values[i] == 0 || std::isnan(values[i]) || shift.value == kNoValue) continue;
        for (const ChannelPlace& place : channels.places(group.channels[i])) {
          if (place.value == node.inputs[at->weight] && place.axis == at->axis)
            fold(graph, node, *at, shift, place.index, values[i]);
        }
      }
    }
  }
}

}  // namespace pare
