#include "compress/prune/channels/calibration.h"

#include <algorithm>

#include "compress/prune/channels/slices.h"
#include "core/error.h"

namespace pare {

void for_batches(const ChannelContext& context, int64_t floats, const std::function<void(const Batch&)>& f) {
  ensure(context.engine && context.data, "the criterion runs the network and needs data");
  const int64_t fixed = fixed_batch(context.graph);
  ensure(fixed <= static_cast<int64_t>(context.data->size()), "the network takes {} samples at once, and there are {}",
         fixed, context.data->size());
  Loader::Options order;
  order.batch = batch_that_fits(context.graph, floats, kCalibrationBatch);
  order.shuffle = true;
  order.drop_last = fixed > 0;
  Loader loader(context.data, order);
  const int64_t samples = context.batches * (fixed > 0 ? fixed : kCalibrationBatch);
  const int64_t total = std::min((samples + order.batch - 1) / order.batch, loader.batches());
  ensure(total > 0, "there is no data to score channels on");
  Stage stage(context.reports(), "score", static_cast<uint64_t>(total));
  Batch batch;
  for (int64_t n = 0; n < total && loader.next(batch); ++n) {
    stage.check();
    f(batch);
    stage.advance(static_cast<uint64_t>(n + 1));
  }
}

void for_activations(const ChannelContext& context, const std::function<void(const SeenActivation&)>& f) {
  std::vector<std::pair<size_t, ActivationPlace>> places;
  std::vector<ValueId> fetch;
  int64_t floats = 0;
  const auto groups = context.channels.groups();
  for (size_t g = 0; g < groups.size(); ++g) {
    for (const ActivationPlace& place : activations_of(context.graph, context.channels, groups[g])) {
      places.emplace_back(g, place);
      if (std::find(fetch.begin(), fetch.end(), place.value) != fetch.end()) continue;
      fetch.push_back(place.value);
      floats += elements_of(context.graph, place.value);
    }
  }
  if (places.empty()) return;
  for_batches(context, floats, [&](const Batch& batch) {
    const std::vector<Tensor> seen = context.engine->run(context.graph, batch.inputs, fetch);
    for (const auto& [group, place] : places) {
      const auto at = static_cast<size_t>(std::find(fetch.begin(), fetch.end(), place.value) - fetch.begin());
      f({group, place, seen[at]});
    }
  });
}

ChannelMeans::ChannelMeans(const Channels& channels) {
  for (const ChannelGroup& group : channels.groups()) {
    sums_.emplace_back(group.channels.size());
    counts_.emplace_back(group.channels.size());
  }
}

std::vector<std::vector<float>> ChannelMeans::means() const {
  std::vector<std::vector<float>> result(sums_.size());
  for (size_t g = 0; g < sums_.size(); ++g) {
    if (std::all_of(counts_[g].begin(), counts_[g].end(), [](double count) { return count == 0; })) continue;
    for (size_t c = 0; c < sums_[g].size(); ++c)
      result[g].push_back(counts_[g][c] > 0 ? static_cast<float>(sums_[g][c] / counts_[g][c]) : 0);
  }
  return result;
}

std::vector<std::vector<float>> activation_means(const ChannelContext& context, double (*f)(double x)) {
  ChannelMeans means(context.channels);
  for_activations(context, [&](const SeenActivation& seen) {
    const ChannelGroup& group = context.channels.groups()[seen.group];
    const AxisChannels owners(context.graph, context.channels, group, seen.place.value, seen.place.axis);
    const auto x = seen.tensor.view<float>();
    std::vector<double> sums(group.channels.size()), counts(group.channels.size());
    for_slices(seen.tensor.shape(), seen.place.axis, owners, [&](size_t element, uint32_t channel) {
      sums[channel] += f(static_cast<double>(x[element]));
      counts[channel] += 1;
    });
    // Every activation of the group counts alike, however large its maps are.
    for (size_t c = 0; c < sums.size(); ++c)
      if (counts[c] > 0)
        means.add(seen.group, c, sums[c] / counts[c] * static_cast<double>(seen.tensor.dim(0)),
                  static_cast<double>(seen.tensor.dim(0)));
  });
  return means.means();
}

}  // namespace pare
