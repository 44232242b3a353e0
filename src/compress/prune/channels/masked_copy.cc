#include "compress/prune/channels/masked_copy.h"

#include <algorithm>
#include <map>

#include "core/edit.h"
#include "core/error.h"
#include "train/logits.h"

namespace pare {
namespace {

ValueId constant_named(const Graph& graph, const std::string& name) {
  const ValueId id = graph.find_value(name);
  ensure(id != kNoValue && graph.value(id).constant, "'{}' is gone", name);
  return id;
}

class Copying {
 public:
  explicit Copying(const Graph& network) : network_(network) { copy_.graph = network; }

  MaskedCopy run() {
    const ValueId logits = logits_of(network_);
    const std::vector<bool> used = sources_of(logits);
    for (size_t v = 0; v < network_.values.size(); ++v)
      if (used[v] && network_.values[v].trainable && network_.values[v].constant) mask(static_cast<ValueId>(v));
    for (const Node& node : network_.nodes) {
      const auto counts = [&](ValueId output) { return output != kNoValue && used[static_cast<size_t>(output)]; };
      if (!node.dead && std::any_of(node.outputs.begin(), node.outputs.end(), counts)) repeat(node);
    }
    copy_.logits = network_.value(logits).name;
    copy_.masked_logits = copy_.graph.value(of(logits)).name;
    infer_shapes(copy_.graph);
    return std::move(copy_);
  }

 private:
  std::string name_of(const std::string& name) const { return unique_name(copy_.graph, name + "_masked"); }
  ValueId of(ValueId id) const {
    const auto found = twin_.find(id);
    return found == twin_.end() ? id : found->second;
  }

  // What a value is computed from, and itself.
  std::vector<bool> sources_of(ValueId value) const {
    std::vector<bool> result(network_.values.size());
    result[static_cast<size_t>(value)] = true;
    for (size_t n = network_.nodes.size(); n-- > 0;) {
      const Node& node = network_.nodes[n];
      const auto counts = [&](ValueId output) { return output != kNoValue && result[static_cast<size_t>(output)]; };
      if (node.dead || std::none_of(node.outputs.begin(), node.outputs.end(), counts)) continue;
      for (const auto* list : {&node.inputs, &node.captured})
        for (const ValueId input : *list)
          if (input != kNoValue) result[static_cast<size_t>(input)] = true;
    }
    return result;
  }

  void mask(ValueId id) {
    const Value& weight = network_.value(id);
    Tensor ones(DType::f32, weight.constant->shape());
    for (float& one : ones.edit<float>()) one = 1;
    Graph& graph = copy_.graph;
    const ValueId mask = add_constant(graph, unique_name(graph, weight.name + "_mask"), ones);
    graph.value(mask).trainable = true;  // so that observers see it; it is frozen by the name of its node
    const std::string node = name_of(weight.name);
    twin_[id] = append(graph, OpKind::mul, node, {id, mask});
    copy_.masks.push_back({id, mask, weight.name, graph.value(mask).name, node});
  }

  void repeat(const Node& source) {
    Graph& graph = copy_.graph;
    Node node = source;
    ensure(node.op != OpKind::unknown && node.captured.empty(), "{} cannot train", network_.label(source));
    node.name = name_of(source.name);
    if (node.op == OpKind::batch_normalization)
      for (const size_t i : {3, 4}) own(node.inputs.at(i));
    for (ValueId& input : node.inputs)
      if (input != kNoValue) input = of(input);
    for (ValueId& output : node.outputs) {
      if (output == kNoValue) continue;
      const Value& value = network_.value(output);
      const ValueId twin = add_value(graph, name_of(value.name), value.dtype, value.dims);
      graph.value(twin).activation_grid = value.activation_grid;
      twin_[output] = twin;
      output = twin;
    }
    add_node(graph, std::move(node));
  }

  void own(ValueId id) {
    if (twin_.contains(id) || !network_.value(id).constant) return;
    const Value value = network_.value(id);
    twin_[id] = add_constant(copy_.graph, name_of(value.name), *value.constant);
    copy_.own.emplace_back(value.name, copy_.graph.value(twin_[id]).name);
  }

  const Graph& network_;
  MaskedCopy copy_;
  std::map<ValueId, ValueId> twin_;
};

}  // namespace

MaskedCopy with_masked_copy(const Graph& network) { return Copying(network).run(); }

std::set<size_t> groups_without_mask(const MaskedCopy& copy, const Channels& channels) {
  std::set<ValueId> masked;
  for (const MaskedCopy::Masked& item : copy.masks) masked.insert(item.weight);
  std::set<size_t> result;
  for (size_t g = 0; g < channels.groups().size(); ++g) {
    const ChannelGroup& group = channels.groups()[g];
    const auto has_mask = [&](const ChannelPlace& place) { return masked.contains(place.value); };
    const auto places = channels.places(group.channels.front());
    if (std::none_of(places.begin(), places.end(), has_mask)) result.insert(g);
  }
  return result;
}

std::vector<float> mask_without(const Graph& network, const Channels& channels, ValueId constant,
                                const std::vector<bool>& removed) {
  const Shape& shape = network.value(constant).constant->shape();
  std::vector<float> result(static_cast<size_t>(network.value(constant).constant->size()), 1);
  size_t inner = result.size();
  for (size_t axis = 0; axis < shape.size() && !result.empty(); ++axis) {
    const auto count = static_cast<size_t>(shape[axis]);
    inner /= count;
    for (size_t i = 0; i < count; ++i) {
      const auto of = channels.at(constant, axis, i);
      if (std::none_of(of.begin(), of.end(), [&](ChannelId c) { return removed[c]; })) continue;
      for (size_t start = i * inner; start < result.size(); start += count * inner)
        std::fill_n(result.begin() + static_cast<std::ptrdiff_t>(start), inner, 0.0F);
    }
  }
  return result;
}

std::vector<bool> masked_channels(const MaskedCopy& copy, const Graph& trained, const Graph& network,
                                  const Channels& channels) {
  // A channel is removed where nothing of any of its slices is left.
  std::vector<bool> masked(channels.size(), false), kept(channels.size(), false);
  for (const MaskedCopy::Masked& item : copy.masks) {
    const auto mask = trained.value(constant_named(trained, item.mask_name)).constant->view<float>();
    const Shape& shape = network.value(item.weight).constant->shape();
    size_t inner = mask.size();
    for (size_t axis = 0; axis < shape.size() && !mask.empty(); ++axis) {
      const auto count = static_cast<size_t>(shape[axis]);
      inner /= count;
      for (size_t i = 0; i < count; ++i) {
        const auto of = channels.at(item.weight, axis, i);
        if (of.empty()) continue;
        bool left = false;
        for (size_t start = i * inner; start < mask.size() && !left; start += count * inner)
          left = std::any_of(mask.begin() + static_cast<std::ptrdiff_t>(start),
                             mask.begin() + static_cast<std::ptrdiff_t>(start + inner), [](float m) { return m != 0; });
        for (const ChannelId c : of) (left ? kept : masked)[c] = true;
      }
    }
  }
  for (size_t c = 0; c < masked.size(); ++c) masked[c] = masked[c] && !kept[c];
  return masked;
}

Graph taken_apart(const MaskedCopy& copy, const Graph& trained, const Graph& network, bool masked) {
  Graph result = network;
  const auto take = [&](ValueId to, const std::string& name) {
    const Value& from = trained.value(constant_named(trained, name));
    result.value(to).constant = from.constant;
    result.value(to).encoding = from.encoding;
  };
  for (const MaskedCopy::Masked& item : copy.masks) take(item.weight, item.name);
  for (const auto& [name, own] : copy.own) take(result.find_value(name), masked ? own : name);
  return result;
}

}  // namespace pare
