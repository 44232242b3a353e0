#include "compress/analyze/sensitivity.h"

#include <algorithm>
#include <cmath>

#include "compress/prune/channels/scores.h"
#include "compress/prune/channels/select.h"
#include "core/error.h"

namespace pare {
namespace {

using Json = nlohmann::ordered_json;

constexpr int kShares = 9;  // 0.1 ... 0.9
constexpr int64_t kFewestBits = 2, kMostBits = 8;

class Curves {
 public:
  Curves(const Graph& graph, Engine& engine, const Dataset& data, const SensitivityOptions& options, Progress& progress)
      : graph_(graph), engine_(engine), data_(data), options_(options), progress_(progress) {}

  Json run() {
    const Channels channels = Channels::find(graph_, options_.parts);
    const std::vector<Layer> all = layers(graph_);
    const size_t count = 1 + (options_.channels ? channels.groups().size() * kShares : 0) +
                         (options_.weights ? all.size() * kShares : 0) +
                         (options_.bits ? all.size() * (kMostBits - kFewestBits + 1) : 0);
    Stage stage(progress_, "sensitivity", count);
    stage_ = &stage;
    Json result;
    result["uncut"] = measure(graph_);
    if (options_.channels) result["channels"] = of_channels(channels);
    if (options_.weights) result["weights"] = of_weights(all);
    if (options_.bits) result["bits"] = of_bits(all);
    return result;
  }

 private:
  Json measure(const Graph& graph) {
    stage_->check();
    const Evaluation e = engine_.evaluate(graph, data_, {}, Progress::quiet());
    stage_->advance(++done_);
    Json result;
    if (e.task != Evaluation::Task::values) result["top1"] = e.top1;
    result["loss"] = e.loss;
    return result;
  }

  static Json point(std::string_view at, const Json& value, const Json& measured) {
    Json result;
    result[std::string(at)] = value;
    result.update(measured);
    return result;
  }

  Json of_channels(const Channels& channels) {
    const ChannelContext context{.graph = graph_,
                                 .channels = channels,
                                 .evidence = nullptr,
                                 .seed = 0,
                                 .engine = nullptr,
                                 .data = nullptr,
                                 .batches = 0,
                                 .progress = nullptr};
    const std::vector<std::vector<float>> scores = score_channels(context, {});
    Json rows = Json::array();
    for (size_t g = 0; g < channels.groups().size(); ++g) {
      const ChannelGroup& group = channels.groups()[g];
      progress_.note(group.name);
      Json points = Json::array();
      for (int share = 1; share <= kShares; ++share) {
        std::vector<PrunableGroup> alone(scores.size());
        alone[g].scores = scores[g];
        alone[g].ratio = share / 10.0;
        Graph smaller = graph_;
        remove_channels(smaller, channels, flags_of(channels, choose_channels(alone)));
        points.push_back(point("removed", share / 10.0, measure(smaller)));
      }
      rows.push_back({{"name", group.name}, {"points", std::move(points)}});
    }
    return rows;
  }

  // A layer with one weight after another in its place.
  template <class Change>
  Json of_layer(const Layer& layer, std::string_view at, const std::vector<double>& steps, const Change& change) {
    progress_.note(layer.name);
    Json points = Json::array();
    Graph changed = graph_;
    Value& weight = changed.value(layer.weight);
    weight.encoding = {};
    const Tensor original = *weight.constant;
    const auto elements = original.view<float>();
    ensure(std::all_of(elements.begin(), elements.end(), [](float w) { return std::isfinite(w); }),
           "layer '{}' has weights that are no finite numbers", layer.name);
    for (const double step : steps) {
      weight.constant = change(original, step);
      points.push_back(point(at, step, measure(changed)));
    }
    return {{"name", layer.name}, {"points", std::move(points)}};
  }

  Json of_weights(const std::vector<Layer>& all) {
    std::vector<double> shares;
    for (int share = 1; share <= kShares; ++share) shares.push_back(share / 10.0);
    Json rows = Json::array();
    for (const Layer& layer : all) {
      rows.push_back(of_layer(layer, "removed", shares,
                              [](const Tensor& weight, double share) { return without_smallest(weight, share); }));
    }
    return rows;
  }

  Json of_bits(const std::vector<Layer>& all) {
    std::vector<double> counts;
    for (int64_t bits = kMostBits; bits >= kFewestBits; --bits) counts.push_back(static_cast<double>(bits));
    Json rows = Json::array();
    for (const Layer& layer : all) {
      rows.push_back(of_layer(layer, "bits", counts, [](const Tensor& weight, double bits) {
        return round_to_bits(weight, static_cast<int64_t>(bits));
      }));
    }
    return rows;
  }

  const Graph& graph_;
  Engine& engine_;
  const Dataset& data_;
  const SensitivityOptions& options_;
  Progress& progress_;
  Stage* stage_ = nullptr;
  uint64_t done_ = 0;
};

}  // namespace

Tensor without_smallest(const Tensor& weight, double share) {
  Tensor result = weight;
  const std::span<float> elements = result.edit<float>();
  const auto gone = static_cast<size_t>(std::llround(share * static_cast<double>(elements.size())));
  if (gone == 0) return result;
  std::vector<float> sizes(elements.size());
  std::transform(elements.begin(), elements.end(), sizes.begin(), [](float w) { return std::fabs(w); });
  const auto last = sizes.begin() + static_cast<ptrdiff_t>(gone) - 1;
  std::nth_element(sizes.begin(), last, sizes.end());
  const float threshold = *last;
  const auto below = static_cast<size_t>(std::count_if(sizes.begin(), last, [&](float s) { return s < threshold; }));
  size_t ties = gone - below;
  for (float& w : elements) {
    const float size = std::fabs(w);
    if (size > threshold || (size == threshold && ties == 0)) continue;
    if (size == threshold) --ties;
    w = 0;
  }
  return result;
}

Tensor round_to_bits(const Tensor& weight, int64_t bits) {
  Tensor result = weight;
  const std::span<float> elements = result.edit<float>();
  if (elements.empty()) return result;
  const auto [least, most] = std::minmax_element(elements.begin(), elements.end());
  const double low = std::min(*least, 0.0F), high = std::max(*most, 0.0F);
  const double levels = std::exp2(static_cast<double>(bits)) - 1, step = (high - low) / levels;
  if (step <= 0) return result;
  const double zero = std::nearbyint(-low / step);
  for (float& element : elements)
    element = static_cast<float>((std::clamp(std::nearbyint(element / step) + zero, 0.0, levels) - zero) * step);
  return result;
}

Json sensitivity(const Graph& graph, Engine& engine, const Dataset& data, const SensitivityOptions& options,
                 Progress& progress) {
  return Curves(graph, engine, data, options, progress).run();
}

}  // namespace pare
