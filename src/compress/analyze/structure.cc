#include "compress/analyze/structure.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "compress/measure.h"
#include "compress/prune/channels/criterion.h"
#include "compress/prune/channels/scores.h"
#include "compress/prune/channels/slices.h"
#include "core/channels/dead.h"
#include "core/cost.h"
#include "core/rank.h"

namespace pare {
namespace {

using Json = nlohmann::ordered_json;

constexpr int64_t kMostToPack = 30'000'000;  // parameters: about ten seconds

// Everything that makes each channel of a group: its filters, biases, scales and statistics, in one row.
std::vector<std::vector<float>> made_of(const Graph& graph, const Channels& channels, const ChannelGroup& group) {
  std::vector<std::vector<float>> rows(group.channels.size());
  for (const ChannelMember& member : members_of(graph, channels, group)) {
    if (member.role == ChannelRole::reads) continue;
    const Tensor& tensor = *graph.value(member.value).constant;
    const auto view = tensor.view<float>();
    const AxisChannels owners(graph, channels, group, member.value, member.axis);
    for_slices(tensor.shape(), member.axis, owners,
               [&](size_t element, uint32_t channel) { rows[channel].push_back(view[element]); });
  }
  return rows;
}

bool same(const std::vector<float>& a, const std::vector<float>& b, double tolerance) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [&](float x, float y) { return std::fabs(static_cast<double>(x) - y) <= tolerance; });
}

// Outputs by the rest of the weight, as the layer has it in memory: the rank does not depend on which side is which.
Json rank_of(const Tensor& weight) {
  const auto rows = static_cast<size_t>(weight.dim(0));
  const auto size = static_cast<size_t>(weight.size());
  const size_t columns = rows == 0 ? 0 : size / rows;
  std::optional<int64_t> rank;
  if (not_finite(weight.view<float>()).empty()) rank = numerical_rank(weight.view<float>(), rows, columns);
  return {{"rank", rank ? Json(*rank) : Json()}, {"full_rank", std::min(rows, columns)}};
}

Json layer_rows(const Graph& graph, bool packed) {
  std::map<std::string, Json> bytes;
  if (packed) {
    for (const Json& row : measure_layers(graph, {})) bytes[row["name"].get<std::string>()] = row["bytes"];
  }
  std::map<std::string, ValueId> weights;
  for (const Layer& layer : layers(graph)) {
    if (layer.kind == LayerKind::conv || layer.kind == LayerKind::fc)
      weights[graph.node(layer.node).name] = layer.weight;
  }
  Json rows = Json::array();
  for (const LayerCost& layer : cost(graph).layers) {
    Json row = {{"name", layer.name},   {"op", layer.op},
                {"shape", layer.shape}, {"parameters", layer.parameters},
                {"macs", layer.macs},   {"bytes", packed ? bytes[layer.name] : Json(layer.parameters * 4)}};
    if (row["bytes"].is_null()) row["bytes"] = 0;  // no parameters of its own
    const auto weight = weights.find(layer.name);
    if (weight != weights.end() && graph.value(weight->second).constant->dtype() == DType::f32)
      row.update(rank_of(*graph.value(weight->second).constant));
    rows.push_back(std::move(row));
  }
  return rows;
}

Json group_rows(const Graph& graph, const Channels& channels) {
  const std::vector<bool> dead = dead_channels(graph, channels), constant = constant_channels(graph, channels),
                          duplicate = duplicate_channels(graph, channels);
  Json rows = Json::array();
  for (const ChannelGroup& group : channels.groups()) {
    const auto indices = [&](const std::vector<bool>& flags) {
      Json list = Json::array();
      for (size_t c = 0; c < group.channels.size(); ++c)
        if (flags[group.channels[c]]) list.push_back(c);
      return list;
    };
    const Json which = {{"dead", indices(dead)}, {"constant", indices(constant)}, {"duplicate", indices(duplicate)}};
    rows.push_back({{"name", group.name},
                    {"channels", group.channels.size()},
                    {"made_by", group.made_by},
                    {"read_by", group.read_by},
                    {"dead", which["dead"].size()},
                    {"constant", which["constant"].size()},
                    {"duplicate", which["duplicate"].size()},
                    {"indices", which}});
  }
  return rows;
}

}  // namespace

std::vector<bool> duplicate_channels(const Graph& graph, const Channels& channels, double tolerance) {
  std::vector<bool> result(channels.size(), false);
  for (const ChannelGroup& group : channels.groups()) {
    const std::vector<std::vector<float>> rows = made_of(graph, channels, group);
    for (size_t c = 1; c < rows.size(); ++c) {
      if (rows[c].empty()) continue;
      result[group.channels[c]] =
          std::any_of(rows.begin(), rows.begin() + static_cast<ptrdiff_t>(c),
                      [&](const std::vector<float>& other) { return same(rows[c], other, tolerance); });
    }
  }
  return result;
}

Json analyze_structure(const Graph& graph, const ChannelOptions& options) {
  const NetworkCost total = cost(graph);
  const bool packed = total.parameters <= kMostToPack;
  const Channels channels = Channels::find(graph, options);
  Json result = {{"parameters", total.parameters}, {"macs", total.macs}};
  result["bytes"] = packed ? Json(pack(graph).size()) : Json(total.parameters * 4);
  result["packed"] = packed;
  result["layers"] = layer_rows(graph, packed);
  result["groups"] = group_rows(graph, channels);
  result["held_back"] = Json::array();
  for (const HeldBack& held : channels.held_back())
    result["held_back"].push_back({{"node", held.node}, {"reason", held.reason}, {"channels", held.channels}});
  result["warnings"] = Json::array();
  for (const Value& value : graph.values) {
    if (!value.constant || value.constant->dtype() != DType::f32) continue;
    if (const std::string_view odd = not_finite(value.constant->view<float>()); !odd.empty())
      result["warnings"].push_back(fmt::format("tensor '{}' holds {}", value.name, odd));
  }
  return result;
}

}  // namespace pare
