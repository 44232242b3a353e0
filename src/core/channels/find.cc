// From what op rules tie together to channels and groups of them.
#include <algorithm>
#include <limits>
#include <map>
#include <set>
#include <tuple>

#include "core/channels/channels.h"
#include "core/channels/ties.h"
#include "core/error.h"
#include "core/op_def.h"

namespace pare {

class ChannelFinder {
 public:
  ChannelFinder(const Graph& graph, const ChannelOptions& options) : graph_(graph), options_(options), ties_(graph) {}

  Channels run() {
    walk();
    pin_what_fills_an_axis();
    ties_.walk_again();
    walk();
    pin_what_fills_an_axis();
    choose_parts();
    number();
    if (!result_.first_place_.empty()) {
      group();
      name();
    }
    hold_back();
    return std::move(result_);
  }

 private:
  static constexpr uint32_t kNone = UINT32_MAX;

  template <class F>
  void each_axis(const F& f) const {
    for (ValueId v = 0; v < static_cast<ValueId>(graph_.values.size()); ++v) {
      for (size_t axis = 0; axis < ties_.rank(v); ++axis) {
        const IndexRange range = ties_.axis(v, static_cast<int64_t>(axis));
        if (!range.empty()) f(v, axis, range);
      }
    }
  }

  void walk() {
    ties_.at(kNoNode);
    for (const ValueId v : graph_.inputs) ties_.pin(v);
    for (const ValueId v : graph_.outputs) ties_.pin(v);
    for (ValueId v = 0; v < static_cast<ValueId>(graph_.values.size()); ++v) pin_blocks_of_grid(v);
    for (NodeId n = 0; n < static_cast<NodeId>(graph_.nodes.size()); ++n) {
      const Node& node = graph_.node(n);
      if (node.dead) continue;
      ties_.at(n);
      for (const ValueId v : node.captured) ties_.pin(v);
      const OpDef* def = op_def(node.op);
      if (def && def->tie) {
        def->tie(ties_, node);
        continue;
      }
      for (const std::vector<ValueId>* list : {&node.inputs, &node.outputs}) {
        for (const ValueId v : *list)
          if (v != kNoValue) ties_.pin(v);
      }
    }
  }

  // Elements that share a codeword or a scale stay together.
  void pin_blocks_of_grid(ValueId v) {
    for (const std::optional<Grid>& grid : {graph_.value(v).encoding.grid, graph_.value(v).activation_grid}) {
      if (!grid) continue;
      if (grid->dim > 1) ties_.pin_axis(v, -1);
      if (grid->block > 0) ties_.pin_axis(v, grid->axis + 1);
    }
  }

  // An axis keeps at least one index: what all of its indices go with stays. So does an index of too many parts.
  void pin_what_fills_an_axis() {
    ties_.at(kNoNode);
    std::vector<IndexId> common, parts;
    each_axis([&](ValueId, size_t, IndexRange range) {
      common.clear();
      for (uint32_t i = 0; i < range.count; ++i) {
        parts.clear();
        if (!ties_.parts(range[i], parts)) {
          ties_.pin(range[i]);
          parts.clear();
        }
        if (i == 0) {
          common = parts;
          continue;
        }
        std::erase_if(common, [&](IndexId id) { return std::find(parts.begin(), parts.end(), id) == parts.end(); });
      }
      for (const IndexId id : common) ties_.pin(id);
    });
  }

  // Which parts of combined indices may go; and, of everything, whether a mean is taken over it.
  void choose_parts() {
    part_.assign(ties_.size(), ChannelPart::plain);
    averaged_.assign(ties_.size(), false);
    std::vector<IndexId> parts;
    each_axis([&](ValueId, size_t, IndexRange range) {
      for (uint32_t i = 0; i < range.count; ++i) {
        parts.clear();
        ties_.parts(range[i], parts);
        const bool all = ties_.is_averaged(range[i]);
        for (const IndexId id : parts)
          if (all || ties_.is_averaged(id)) averaged_[id] = true;
        for (size_t p = 0; parts.size() > 1 && p < parts.size(); ++p) {
          if (p + 1 < parts.size())
            part_[parts[p]] = ChannelPart::whole;
          else if (part_[parts[p]] == ChannelPart::plain)
            part_[parts[p]] = ChannelPart::within;
        }
      }
    });
    for (IndexId id = 0; id < ties_.size(); ++id) {
      const bool allowed = (part_[id] != ChannelPart::whole || options_.whole) &&
                           (part_[id] != ChannelPart::within || options_.within) &&
                           (!averaged_[id] || options_.averaged);
      if (!allowed) ties_.pin(id);
    }
  }

  // Channels are what lies in a float constant: in the order of their first places.
  void number() {
    channel_of_.assign(ties_.size(), kNone);
    std::vector<std::vector<ChannelPlace>> places;
    std::vector<IndexId> parts;
    each_axis([&](ValueId v, size_t axis, IndexRange range) {
      const Value& value = graph_.value(v);
      if (!value.is_constant() || value.users.empty() || !is_float(value.constant->dtype())) return;
      for (uint32_t i = 0; i < range.count; ++i) {
        parts.clear();
        ties_.parts(range[i], parts);
        for (const IndexId id : parts) {
          if (channel_of_[id] == kNone) {
            channel_of_[id] = static_cast<uint32_t>(places.size());
            places.emplace_back();
            atoms_.push_back(id);
          }
          places[channel_of_[id]].push_back({v, static_cast<uint32_t>(axis), i});
        }
      }
    });
    result_.first_place_.push_back(0);
    for (const auto& list : places) {
      result_.places_.insert(result_.places_.end(), list.begin(), list.end());
      result_.first_place_.push_back(static_cast<uint32_t>(result_.places_.size()));
    }
    result_.axes_.resize(graph_.values.size());
    std::vector<ChannelId> found;
    each_axis([&](ValueId v, size_t axis, IndexRange range) {
      auto& axes = result_.axes_[static_cast<size_t>(v)];
      axes.resize(ties_.rank(v));
      const auto first = static_cast<uint32_t>(result_.at_.size());
      const auto first_channel = static_cast<uint32_t>(result_.at_channels_.size());
      for (uint32_t i = 0; i < range.count; ++i) {
        parts.clear();
        ties_.parts(range[i], parts);
        const auto from = static_cast<uint32_t>(result_.at_channels_.size());
        for (const IndexId id : parts)
          if (channel_of_[id] != kNone) result_.at_channels_.push_back(channel_of_[id]);
        result_.at_.emplace_back(from, static_cast<uint32_t>(result_.at_channels_.size()));
      }
      if (result_.at_channels_.size() > first_channel)
        axes[axis] = {first, range.count};
      else
        result_.at_.resize(first);
    });
  }

  // Channels that lie in the same axes are of the same kind.
  void group() {
    const size_t count = result_.size();
    std::vector<uint64_t> signature(count, 0);
    std::vector<uint64_t> last(count, 0);
    uint64_t axis_number = 0;
    each_axis([&](ValueId v, size_t axis, IndexRange range) {
      ++axis_number;
      for (uint32_t i = 0; i < range.count; ++i) {
        for (const ChannelId c : result_.at(v, axis, i)) {
          if (last[c] == axis_number) continue;
          last[c] = axis_number;
          uint64_t x = (signature[c] ^ axis_number) * 0x9E3779B97F4A7C15U;
          x ^= x >> 29;
          signature[c] = x * 0xBF58476D1CE4E5B9U;
        }
      }
    });
    std::map<std::tuple<uint64_t, ChannelPart, bool>, uint32_t> numbers;
    result_.group_of_.resize(count);
    for (ChannelId c = 0; c < count; ++c) {
      const ChannelPart part = part_[atoms_[c]];
      const bool averaged = averaged_[atoms_[c]];
      const auto [found, fresh] =
          numbers.try_emplace({signature[c], part, averaged}, static_cast<uint32_t>(result_.groups_.size()));
      if (fresh) {
        result_.groups_.emplace_back();
        result_.groups_.back().part = part;
        result_.groups_.back().averaged = averaged;
      }
      result_.group_of_[c] = found->second;
      result_.groups_[found->second].channels.push_back(c);
    }
  }

  // Groups on an axis of a value.
  void collect(ValueId v, std::set<uint32_t>& groups) const {
    for (size_t axis = 0; axis < ties_.rank(v); ++axis) {
      const size_t count = ties_.axis(v, static_cast<int64_t>(axis)).count;
      for (size_t i = 0; i < count; ++i)
        for (const ChannelId c : result_.at(v, axis, i)) groups.insert(result_.group_of_[c]);
    }
  }

  void name() {
    for (const Layer& layer : layers(graph_)) {
      std::set<uint32_t> made, all;
      for (const ValueId v : graph_.node(layer.node).outputs)
        if (v != kNoValue) collect(v, made);
      collect(layer.weight, all);
      for (const uint32_t g : all) {
        ChannelGroup& group = result_.groups_[g];
        std::vector<std::string>& list = made.contains(g) ? group.made_by : group.read_by;
        list.push_back(layer.name);
      }
    }
    std::map<std::string, int> seen;
    for (ChannelGroup& group : result_.groups_) {
      const ChannelPlace& first = result_.places(group.channels[0])[0];
      std::string name = !group.made_by.empty() ? group.made_by[0] : graph_.value(first.value).name;
      if (group.part == ChannelPart::whole) name += ":whole";
      if (group.part == ChannelPart::within) name += ":within";
      const int number = ++seen[name];
      group.name = number > 1 ? fmt::format("{}#{}", name, number) : name;
    }
  }

  // Why nothing can go at the node; nothing where that is what the op asks for.
  std::optional<std::string> reason(const Node& node) const {
    const OpDef* def = op_def(node.op);
    if (!def || !def->tie) return fmt::format("no rule for channels at op {}", node.type);
    for (const std::vector<ValueId>* list : {&node.inputs, &node.outputs}) {
      for (const ValueId v : *list) {
        if (v == kNoValue || ties_.known(v)) continue;
        const Value& value = graph_.value(v);
        return fmt::format("the shape of '{}' is {}", value.name, value.dims ? "too large" : "not known");
      }
    }
    return std::nullopt;
  }

  // Outputs of layers that stay because of a node that nothing is known of.
  void hold_back() {
    std::map<NodeId, std::optional<std::string>> why;
    const auto is_reported = [&](NodeId node) {
      const auto [found, fresh] = why.try_emplace(node);
      if (fresh) found->second = reason(graph_.node(node));
      return found->second.has_value();
    };
    std::map<NodeId, std::set<IndexId>> held;
    std::vector<IndexId> parts;
    for (const Layer& layer : layers(graph_)) {
      const ValueId v = graph_.node(layer.node).outputs[0];
      if (v == kNoValue) continue;
      for (size_t axis = 0; axis < ties_.rank(v); ++axis) {
        const IndexRange range = ties_.axis(v, static_cast<int64_t>(axis));
        for (uint32_t i = 0; range.count > 1 && i < range.count; ++i) {
          parts.clear();
          ties_.parts(range[i], parts);
          if (!parts.empty()) continue;
          const std::vector<NodeId> by = ties_.reasons(range[i]);
          const auto named = std::find_if(by.begin(), by.end(), is_reported);
          if (named != by.end()) held[*named].insert(ties_.find(range[i]));
        }
      }
    }
    for (const auto& [node, ids] : held)
      result_.held_back_.push_back({graph_.label(graph_.node(node)), *why[node], static_cast<int64_t>(ids.size())});
  }

  const Graph& graph_;
  const ChannelOptions& options_;
  ChannelTies ties_;
  Channels result_;
  std::vector<ChannelPart> part_;  // per canonical id
  std::vector<bool> averaged_;
  std::vector<uint32_t> channel_of_;
  std::vector<IndexId> atoms_;  // canonical id of each channel
};

Channels Channels::find(const Graph& graph, const ChannelOptions& options) {
  return ChannelFinder(graph, options).run();
}

bool Channels::has(ValueId value, size_t axis) const {
  if (static_cast<size_t>(value) >= axes_.size()) return false;
  const std::vector<Axis>& axes = axes_[static_cast<size_t>(value)];
  return axis < axes.size() && axes[axis].count > 0;
}

std::span<const ChannelId> Channels::at(ValueId value, size_t axis, size_t index) const {
  if (static_cast<size_t>(value) >= axes_.size()) return {};
  const std::vector<Axis>& axes = axes_[static_cast<size_t>(value)];
  if (axis >= axes.size() || index >= axes[axis].count) return {};
  const auto [from, to] = at_[axes[axis].first + index];
  return {at_channels_.data() + from, at_channels_.data() + to};
}

std::optional<std::vector<int32_t>> Channels::kept(ValueId value, size_t axis, const std::vector<bool>& removed) const {
  if (static_cast<size_t>(value) >= axes_.size()) return std::nullopt;  // made since
  const std::vector<Axis>& axes = axes_[static_cast<size_t>(value)];
  if (axis >= axes.size() || axes[axis].count == 0) return std::nullopt;
  std::vector<int32_t> result;
  for (uint32_t i = 0; i < axes[axis].count; ++i) {
    const auto here = at(value, axis, i);
    if (std::none_of(here.begin(), here.end(), [&](ChannelId c) { return removed[c]; }))
      result.push_back(static_cast<int32_t>(i));
  }
  if (result.size() == axes[axis].count) return std::nullopt;
  return result;
}

void Channels::spare_axes(std::vector<bool>& removed) const {
  for (size_t v = 0; v < axes_.size(); ++v) {
    for (size_t axis = 0; axis < axes_[v].size(); ++axis) {
      const auto left = kept(static_cast<ValueId>(v), axis, removed);
      if (!left || !left->empty()) continue;
      // What returns is the index for which the fewest channels must.
      std::span<const ChannelId> best;
      auto fewest = std::numeric_limits<std::ptrdiff_t>::max();
      for (uint32_t i = 0; i < axes_[v][axis].count; ++i) {
        const auto here = at(static_cast<ValueId>(v), axis, i);
        const auto gone = std::count_if(here.begin(), here.end(), [&](ChannelId c) { return removed[c]; });
        if (gone < fewest) fewest = gone, best = here;
      }
      for (const ChannelId c : best) removed[c] = false;
    }
  }
}

}  // namespace pare
