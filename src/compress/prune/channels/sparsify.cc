#include "compress/prune/channels/sparsify.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>

#include "compress/prune/channels/criterion.h"
#include "train/rates.h"

namespace pare {
namespace {

// The smallest norms, as many as the ratio says.
std::vector<bool> smallest(const std::vector<double>& norms, double ratio) {
  std::vector<size_t> order(norms.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) { return norms[a] < norms[b]; });
  std::vector<bool> result(norms.size(), false);
  const auto count = static_cast<size_t>(std::llround(ratio * static_cast<double>(norms.size())));
  for (size_t i = 0; i < count; ++i) result[order[i]] = true;
  return result;
}

}  // namespace

SparsifyChannels::SparsifyChannels(const Graph& graph, const Channels& channels, const std::vector<bool>& may_go,
                                   const TrainOptions& train, const Sparsity& sparsity)
    : train_(train), sparsity_(sparsity), shapes_(graph.values.size()) {
  const std::map<ValueId, double> rates = rate_factors(graph, train);
  const auto learns = [&](ValueId id) {
    const Value& value = graph.value(id);
    const auto rate = rates.find(id);
    return value.trainable && !value.encoding.grid && (rate == rates.end() || rate->second != 0);
  };
  for (size_t g = 0; g < channels.groups().size(); ++g) {
    if (!may_go[g]) continue;
    const ChannelGroup& of = channels.groups()[g];
    Group group;
    group.sizes.resize(of.channels.size());
    for (const ChannelMember& member : members_of(graph, channels, of)) {
      const bool wanted =
          sparsity.method == "slimming" ? member.role == ChannelRole::scale : member.role != ChannelRole::reads;
      if (!wanted || !learns(member.value)) continue;
      const Shape& shape = shapes_[static_cast<size_t>(member.value)] = graph.value(member.value).constant->shape();
      const auto rate = rates.find(member.value);
      group.slices.push_back({member.value,
                              member.axis,
                              rate == rates.end() ? 1 : rate->second,
                              {graph, channels, of, member.value, member.axis}});
      for_slices(shape, member.axis, group.slices.back().owners, [&](size_t, uint32_t c) { group.sizes[c] += 1; });
    }
    if (group.slices.empty()) continue;
    numbers_.push_back(g);
    groups_.push_back(std::move(group));
  }
}

std::vector<double> SparsifyChannels::norms(const Group& group, const WeightOf& weight_of) const {
  std::vector<double> result(group.sizes.size());
  for (const Slices& slices : group.slices) {
    const std::span<const float> weight = weight_of(slices.value);
    for_slices(shapes_[static_cast<size_t>(slices.value)], slices.axis, slices.owners, [&](size_t element, uint32_t c) {
      result[c] += static_cast<double>(weight[element]) * static_cast<double>(weight[element]);
    });
  }
  for (double& norm : result) norm = std::sqrt(norm);
  return result;
}

std::vector<std::vector<double>> SparsifyChannels::norms(const Graph& graph) const {
  std::vector<std::vector<double>> result;
  for (const Group& group : groups_)
    result.push_back(norms(group, [&](ValueId id) { return graph.value(id).constant->view<float>(); }));
  return result;
}

// What each channel is multiplied by; `pull` is rate times strength.
std::vector<double> SparsifyChannels::factors(const Group& group, const std::vector<double>& norms, double pull) const {
  const auto [least, most] = std::minmax_element(norms.begin(), norms.end());
  const double range = *most * *most - *least * *least;
  std::vector<double> result(norms.size());
  for (size_t c = 0; c < norms.size(); ++c) {
    if (sparsity_.method == "growing") {
      const double rank = range > 0 ? (*most * *most - norms[c] * norms[c]) / range : 0;
      result[c] = 1 / (1 + pull * std::exp2(sparsity_.alpha * rank));
    } else {
      const double by = pull * std::sqrt(group.sizes[c]);
      result[c] = norms[c] > by ? 1 - by / norms[c] : 0;
    }
  }
  return result;
}

void SparsifyChannels::project(State& state) {
  std::map<ValueId, Parameter*> parameters;
  for (Parameter& parameter : state.parameters())
    if (parameter.graph == "student") parameters.emplace(parameter.value, &parameter);
  const double rate = learning_rate(train_, state.step() - 1, state.steps(), state.steps_per_epoch());
  const double pull = rate * sparsity_.strength;
  const bool each = sparsity_.method == "slimming";
  for (const Group& group : groups_) {
    // What leads to other outputs than the first is not trained.
    const auto trained = [&](const Slices& slices) { return parameters.contains(slices.value); };
    if (!std::all_of(group.slices.begin(), group.slices.end(), trained)) continue;
    const std::vector<double> now =
        norms(group, [&](ValueId id) { return std::span<const float>(parameters.at(id)->weight); });
    const std::vector<bool> driven = smallest(now, sparsity_.ratio);
    for (const Slices& slices : group.slices) {
      Parameter& parameter = *parameters.at(slices.value);
      const double own = pull * slices.rate;
      const std::vector<double> by = factors(group, now, own);
      const auto shrunk = [&](double w, uint32_t c) {
        return each ? std::copysign(std::max(std::fabs(w) - own, 0.0), w) : w * by[c];
      };
      for_slices(shapes_[static_cast<size_t>(slices.value)], slices.axis, slices.owners, [&](size_t e, uint32_t c) {
        float& w = parameter.weight[e];
        if (driven[c]) w = static_cast<float>(shrunk(static_cast<double>(w), c));
      });
      state.changed(parameter);
    }
  }
}

}  // namespace pare
