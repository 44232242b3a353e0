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

// Outputs by the rest of the weight, as the layer has it in memory: the rank does not depend on which side is which. Of
// matrices that are stacked, the sum over all of them.
Json rank_of(const Tensor& weight, bool stacked) {
  const auto size = static_cast<size_t>(weight.size());
  const size_t rank = weight.rank();
  const auto rows = static_cast<size_t>(weight.dim(stacked ? rank - 2 : 0));
  const size_t columns = stacked ? static_cast<size_t>(weight.dim(rank - 1)) : rows == 0 ? 0 : size / rows;
  const size_t count = rows * columns == 0 ? 0 : size / (rows * columns);
  std::optional<int64_t> sum;
  if (not_finite(weight.view<float>()).empty()) sum = 0;
  for (size_t i = 0; i < count && sum; ++i) {
    const auto one = numerical_rank(weight.view<float>().subspan(i * rows * columns, rows * columns), rows, columns);
    sum = one ? std::optional(*sum + *one) : std::nullopt;
  }
  return {{"rank", sum ? Json(*sum) : Json()}, {"full_rank", count * std::min(rows, columns)}};
}

Json layer_rows(const Graph& graph, bool packed, uint64_t& file, Progress& progress) {
  std::map<std::string, Json> bytes;
  if (packed) {
    PackOptions packing;
    packing.progress = &progress;
    for (const Json& row : measure_layers(graph, packing, &file)) bytes[row["name"].get<std::string>()] = row["bytes"];
  }
  std::map<std::string, Layer> weights;
  for (const Layer& layer : layers(graph)) {
    if (layer.kind == LayerKind::conv || layer.kind == LayerKind::fc)
      weights.emplace(graph.node(layer.node).name, layer);
  }
  Json rows = Json::array();
  const std::vector<LayerCost> costs = cost(graph).layers;
  Stage stage(progress, "layers", costs.size());
  for (const LayerCost& layer : costs) {
    stage.check();
    progress.note(layer.name);
    Json row = {{"name", layer.name},   {"op", layer.op},
                {"shape", layer.shape}, {"parameters", layer.parameters},
                {"macs", layer.macs},   {"bytes", packed ? bytes[layer.name] : Json(layer.parameters * 4)}};
    if (row["bytes"].is_null()) row["bytes"] = 0;  // no parameters of its own
    if (const auto found = weights.find(layer.name); found != weights.end()) {
      const Tensor& weight = *graph.value(found->second.weight).constant;
      const bool stacked = graph.node(found->second.node).op == OpKind::matmul && weight.rank() > 2;
      if (weight.dtype() == DType::f32) row.update(rank_of(weight, stacked));
    }
    rows.push_back(std::move(row));
    stage.advance(rows.size());
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

Json analyze_structure(const Graph& graph, const ChannelOptions& options, Progress& progress) {
  const NetworkCost total = cost(graph);
  const bool packed = total.parameters <= kMostToPack;
  const Channels channels = Channels::find(graph, options);
  Json result = {{"parameters", total.parameters}, {"macs", total.macs}};
  auto file = static_cast<uint64_t>(total.parameters * 4);
  Json rows = layer_rows(graph, packed, file, progress);
  result["bytes"] = file;
  result["packed"] = packed;
  result["layers"] = std::move(rows);
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
