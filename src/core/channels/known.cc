#include "core/channels/known.h"

#include <algorithm>
#include <cmath>

#include "core/op_def.h"

namespace pare {
namespace {

constexpr float kUnknown = KnownChannels::kUnknown;

bool is_layer(OpKind op) {
  return op == OpKind::conv || op == OpKind::conv_transpose || op == OpKind::gemm || op == OpKind::matmul;
}

bool is_depthwise(const Node& node, const Tensor& weight) {
  return node.op == OpKind::conv && node.attributes.integer("group", 1) > 1 && weight.dim(1) == 1;
}

// All elements of a constant, when they are one number.
float uniform(const Tensor& tensor) {
  if (tensor.dtype() != DType::f32 || tensor.size() == 0) return kUnknown;
  const auto view = tensor.view<float>();
  return std::all_of(view.begin(), view.end(), [&](float v) { return v == view[0]; }) ? view[0] : kUnknown;
}

float clip(const Graph& graph, const Node& node, float x) {
  for (const size_t bound : {size_t{1}, size_t{2}}) {
    if (!graph.has_input(node, bound)) continue;
    const Tensor* limit = graph.constant_input(node, bound);
    if (!limit) return kUnknown;
    const float value = uniform(*limit);
    if (std::isnan(value)) return kUnknown;
    x = bound == 1 ? std::max(x, value) : std::min(x, value);
  }
  return x;
}

// Dropout drops where its third input says that this is training.
bool drops(const Graph& graph, const Node& node) {
  if (!graph.has_input(node, 2)) return false;
  const Tensor* training = graph.constant_input(node, 2);
  return !training || training->size() != 1 || cast(*training, DType::f32).view<float>()[0] != 0;
}

// Of element-wise functions of one number.
float apply(const Graph& graph, const Node& node, float x) {
  const Attributes& attributes = node.attributes;
  switch (node.op) {
    case OpKind::identity:
      return x;
    case OpKind::dropout:
      return x == 0 || !drops(graph, node) ? x : kUnknown;
    case OpKind::relu:
      return std::max(x, 0.0F);
    case OpKind::leaky_relu:
      return x < 0 ? x * static_cast<float>(attributes.real("alpha", 0.01)) : x;
    case OpKind::sigmoid:
      return 1 / (1 + std::exp(-x));
    case OpKind::hard_sigmoid:
      return std::clamp(
          static_cast<float>(attributes.real("alpha", 0.2)) * x + static_cast<float>(attributes.real("beta", 0.5)),
          0.0F, 1.0F);
    case OpKind::hard_swish:
      return x * std::clamp(x / 6 + 0.5F, 0.0F, 1.0F);
    case OpKind::tanh:
      return std::tanh(x);
    case OpKind::erf:
      return std::erf(x);
    case OpKind::exp:
      return std::exp(x);
    case OpKind::neg:
      return -x;
    case OpKind::abs:
      return std::fabs(x);
    case OpKind::sqrt:
      return x >= 0 ? std::sqrt(x) : kUnknown;
    case OpKind::softplus:
      return std::log1p(std::exp(x));
    case OpKind::clip:
      return clip(graph, node, x);
    case OpKind::gelu:
    case OpKind::elu:
    case OpKind::selu:
    case OpKind::celu:
    case OpKind::mish:
    case OpKind::softsign:
    case OpKind::sin:
    case OpKind::sinh:
    case OpKind::tan:
    case OpKind::atan:
    case OpKind::asin:
    case OpKind::asinh:
    case OpKind::floor:
    case OpKind::ceil:
    case OpKind::round:
    case OpKind::sign:
    case OpKind::resize:
    case OpKind::lp_pool:
    case OpKind::global_lp_pool:
      return x == 0 ? 0 : kUnknown;
    case OpKind::global_average_pool:
    case OpKind::global_max_pool:
    case OpKind::max_pool:
      return x;
    case OpKind::average_pool:
      return x == 0 || attributes.integer("count_include_pad", 0) == 0 ? x : kUnknown;
    case OpKind::cast:
      return graph.value(node.outputs[0]).dtype == DType::f32 ? x : kUnknown;
    case OpKind::reshape:
    case OpKind::transpose:
    case OpKind::flatten:
    case OpKind::squeeze:
    case OpKind::unsqueeze:
    case OpKind::expand:
    case OpKind::tile:
    case OpKind::slice:
    case OpKind::split:
    case OpKind::gather:
    case OpKind::depth_to_space:
    case OpKind::space_to_depth:
      return x;
    default:
      return kUnknown;
  }
}

float combine(OpKind op, float a, float b) {
  if (op == OpKind::mul && (a == 0 || b == 0)) return 0;
  if (op == OpKind::div && a == 0) return 0;
  if (std::isnan(a) || std::isnan(b)) return kUnknown;
  switch (op) {
    case OpKind::add:
      return a + b;
    case OpKind::sub:
      return a - b;
    case OpKind::mul:
      return a * b;
    case OpKind::div:
      return b != 0 ? a / b : kUnknown;
    case OpKind::prelu:
      return a < 0 ? a * b : a;
    case OpKind::max:
      return std::max(a, b);
    case OpKind::min:
      return std::min(a, b);
    default:
      return kUnknown;
  }
}

}  // namespace

std::optional<Contraction> contraction_of(const Graph& graph, const Node& node) {
  if (!is_layer(node.op)) return std::nullopt;
  size_t at = 1;
  const Tensor* weight = graph.constant_input(node, at);
  if (!weight && node.op == OpKind::matmul) weight = graph.constant_input(node, at = 0);
  if (!weight || weight->rank() < 2 || weight->dtype() != DType::f32 || is_depthwise(node, *weight))
    return std::nullopt;
  const auto last = static_cast<uint32_t>(weight->rank() - 1);
  uint32_t axis = 1;
  if (node.op == OpKind::conv_transpose) axis = 0;
  if (node.op == OpKind::gemm) axis = node.attributes.integer("transB", 0) ? 1 : 0;
  if (node.op == OpKind::matmul) axis = at == 1 ? last - 1 : last;
  return Contraction{1 - at, at, axis};
}

KnownChannels::KnownChannels(const Graph& graph, const Channels& channels)
    : graph_(graph), channels_(channels), axes_(graph.values.size()), nodes_(channels.groups().size()) {
  std::vector<uint64_t> seen(nodes_.size(), 0);  // per group: the last axis that it was met on
  uint64_t number = 0;
  for (size_t v = 0; v < graph.values.size(); ++v) {
    const std::optional<Dims>& dims = graph.values[v].dims;
    for (size_t axis = 0; dims && axis < dims->size(); ++axis) {
      ++number;
      // Only what can lose something is counted: an axis may be larger than any number of channels.
      const int64_t count = channels.has(static_cast<ValueId>(v), axis) ? (*dims)[axis].factor : 0;
      for (int64_t i = 0; i < count; ++i) {
        for (const ChannelId c : channels.at(static_cast<ValueId>(v), axis, static_cast<size_t>(i))) {
          const uint32_t group = channels.group_of(c);
          if (seen[group] == number) continue;
          seen[group] = number;
          axes_[v].push_back({static_cast<uint32_t>(axis), group});
        }
      }
    }
  }
  for (size_t n = 0; n < graph.nodes.size(); ++n) {
    const Node& node = graph.nodes[n];
    if (node.dead) continue;
    for (const std::vector<ValueId>* list : {&node.inputs, &node.outputs}) {
      for (const ValueId v : *list) {
        if (v == kNoValue) continue;
        for (const GroupAxis& at : axes_[static_cast<size_t>(v)]) {
          std::vector<NodeId>& nodes = nodes_[at.group];
          if (nodes.empty() || nodes.back() != static_cast<NodeId>(n)) nodes.push_back(static_cast<NodeId>(n));
        }
      }
    }
  }
}

bool KnownChannels::carries(ValueId value, uint32_t group) const {
  const auto& axes = axes_[static_cast<size_t>(value)];
  return std::any_of(axes.begin(), axes.end(), [&](const GroupAxis& a) { return a.group == group; });
}

bool KnownChannels::carries(ValueId value, uint32_t axis, uint32_t group) const {
  const auto& axes = axes_[static_cast<size_t>(value)];
  return std::any_of(axes.begin(), axes.end(), [&](const GroupAxis& a) { return a.axis == axis && a.group == group; });
}

float KnownChannels::slice(ValueId constant, uint32_t axis, ChannelId channel) const {
  const Tensor& tensor = *graph_.value(constant).constant;
  if (tensor.dtype() != DType::f32) return kUnknown;
  const auto view = tensor.view<float>();
  size_t inner = 1, outer = 1;
  for (size_t a = 0; a < tensor.rank(); ++a)
    (a < axis ? outer : inner) *= a == axis ? 1 : static_cast<size_t>(tensor.dim(a));
  const auto size = static_cast<size_t>(tensor.dim(axis));
  std::optional<float> found;
  for (const ChannelPlace& place : channels_.places(channel)) {
    if (place.value != constant || place.axis != axis) continue;
    for (size_t o = 0; o < outer; ++o) {
      for (size_t i = 0; i < inner; ++i) {
        const float element = view[(o * size + place.index) * inner + i];
        if (found && *found != element) return kUnknown;
        found = element;
      }
    }
  }
  return found.value_or(kUnknown);
}

float KnownChannels::input(const Node& node, size_t input, uint32_t group, size_t index, const States& states) const {
  const ValueId v = node.inputs[input];
  if (!carries(v, group)) {
    const Value& value = graph_.value(v);
    return value.constant ? uniform(*value.constant) : kUnknown;
  }
  const auto found = states.find(v);
  return found == states.end() ? kUnknown : found->second[index];
}

// Weights that make the channel are zero, or it is a channel of a depthwise convolution whose input is: the bias stays.
float KnownChannels::layer_output(const Node& node, uint32_t group, size_t index, const States& states) const {
  const std::optional<Contraction> contraction = contraction_of(graph_, node);
  const Tensor* weight = graph_.constant_input(node, contraction ? contraction->weight : 1);
  if (!weight) return kUnknown;
  const ValueId w = node.inputs[contraction ? contraction->weight : 1];
  bool zero = !contraction && is_depthwise(node, *weight) && carries(node.inputs[0], group) &&
              input(node, 0, group, index, states) == 0;
  for (uint32_t axis = 0; axis < weight->rank() && !zero; ++axis) {
    if (contraction && axis == contraction->axis) continue;
    zero = carries(w, axis, group) && slice(w, axis, channels_.groups()[group].channels[index]) == 0;
  }
  if (!zero) return kUnknown;
  if (!graph_.has_input(node, 2)) return 0;
  const float bias = input(node, 2, group, index, states);
  return node.op == OpKind::gemm ? bias * static_cast<float>(node.attributes.real("beta", 1)) : bias;
}

float KnownChannels::output(const Node& node, uint32_t group, size_t index, const States& states) const {
  const auto in = [&](size_t i) { return input(node, i, group, index, states); };
  if (is_layer(node.op)) return layer_output(node, group, index, states);
  switch (node.op) {
    case OpKind::batch_normalization: {
      if (node.attributes.integer("training_mode", 0) != 0) return kUnknown;  // statistics are those of the batch
      const float scale = in(1) / std::sqrt(in(4) + static_cast<float>(node.attributes.real("epsilon", 1e-5)));
      if (in(1) == 0) return in(2);
      return (in(0) - in(3)) * scale + in(2);
    }
    case OpKind::add:
    case OpKind::sub:
    case OpKind::mul:
    case OpKind::div:
    case OpKind::prelu:
      return combine(node.op, in(0), in(1));
    case OpKind::max:
    case OpKind::min:
    case OpKind::sum: {
      float result = in(0);
      for (size_t i = 1; i < node.inputs.size(); ++i)
        result = combine(node.op == OpKind::sum ? OpKind::add : node.op, result, in(i));
      return result;
    }
    case OpKind::concat: {
      std::optional<float> common;
      for (size_t i = 0; i < node.inputs.size(); ++i) {
        if (!carries(node.inputs[i], group)) continue;
        const float part = in(i);
        if (common && *common != part) return kUnknown;
        common = part;
      }
      return common.value_or(kUnknown);
    }
    case OpKind::pad: {
      const bool zeros = node.attributes.text("mode", "constant") == "constant" &&
                         (!graph_.has_input(node, 2) || (graph_.constant_input(node, 2) && in(2) == 0));
      const float inside = carries(node.inputs[0], group) ? in(0) : 0;
      return zeros && inside == 0 ? 0 : kUnknown;
    }
    default:
      return carries(node.inputs[0], group) ? apply(graph_, node, in(0)) : kUnknown;
  }
}

KnownChannels::States KnownChannels::follow(uint32_t group) const {
  States states;
  const std::vector<ChannelId>& members = channels_.groups()[group].channels;
  for (const NodeId n : nodes_of(group)) {
    const Node& node = graph_.node(n);
    for (const ValueId v : node.inputs) {
      if (v == kNoValue || !graph_.value(v).constant || states.contains(v) || !carries(v, group)) continue;
      std::vector<float>& known = states[v];
      for (const ChannelId c : members) {
        std::optional<float> common;
        for (const GroupAxis& at : axes_[static_cast<size_t>(v)]) {
          if (at.group != group) continue;
          const float here = slice(v, at.axis, c);
          common = !common || *common == here ? here : kUnknown;
        }
        known.push_back(common.value_or(kUnknown));
      }
    }
    for (const ValueId v : node.outputs) {
      if (v == kNoValue || !carries(v, group)) continue;
      std::vector<float>& known = states[v];
      for (size_t i = 0; i < members.size(); ++i) {
        const float value =
            node.inputs.empty() || node.inputs[0] == kNoValue ? kUnknown : output(node, group, i, states);
        // A grid rounds numbers, but not zero.
        known.push_back(graph_.value(v).activation_grid && value != 0 ? kUnknown : value);
      }
    }
  }
  return states;
}

}  // namespace pare
