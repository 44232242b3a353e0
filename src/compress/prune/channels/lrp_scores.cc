#include "compress/prune/channels/lrp_scores.h"

#include <algorithm>
#include <cmath>

#include "compress/prune/channels/calibration.h"
#include "compress/prune/channels/slices.h"
#include "core/error.h"

namespace pare {
namespace {

// 1 at the class of each sample, or of each place of a class map.
Tensor start_relevance(const Dims& logits, const Batch& batch) {
  const int64_t samples = batch.target.dim(0);
  Shape shape = {samples};
  for (size_t d = 1; d < logits.size(); ++d) {
    if (!logits[d].known()) fail(Code::unsupported, "relevance: the sizes of the network's output are not known");
    shape.push_back(logits[d].factor);
  }
  Tensor start(DType::f32, shape);
  const auto out = start.edit<float>();
  if (batch.target.dtype() != DType::i64) {
    std::fill(out.begin(), out.end(), 1.0F);
    return start;
  }
  const auto target = batch.target.view<int64_t>();
  const size_t places = target.size() / static_cast<size_t>(samples);  // of a class map
  const size_t classes = out.size() / target.size();
  for (size_t i = 0; i < target.size(); ++i) {
    if (target[i] == kNoClass) continue;
    ensure(target[i] >= 0 && static_cast<size_t>(target[i]) < classes, "the data has class {}, the network {} outputs",
           target[i], classes);
    out[(i / places * classes + static_cast<size_t>(target[i])) * places + i % places] = 1;
  }
  return start;
}

}  // namespace

std::vector<std::vector<float>> relevance_scores(const ChannelContext& context, RelevanceRule rule) {
  std::vector<std::pair<size_t, ActivationPlace>> places;
  std::vector<ValueId> values;
  const auto groups = context.channels.groups();
  for (size_t g = 0; g < groups.size(); ++g) {
    for (const ActivationPlace& place : activations_of(context.graph, context.channels, groups[g])) {
      if (place.axis == 0) continue;
      places.emplace_back(g, place);
      values.push_back(place.value);
    }
  }
  if (places.empty()) return std::vector<std::vector<float>>(groups.size());
  const RelevanceGraph lrp = relevance_graph(context.graph, values, rule);
  std::vector<ValueId> fetch;
  int64_t floats = 0;
  for (const ValueId value : lrp.relevances) {
    if (value == kNoValue) continue;
    fetch.push_back(value);
    floats += 3 * elements_of(lrp.graph, value);  // with the activations and quotients that it is made of
  }

  ChannelMeans means(context.channels);
  for_batches(context, floats, [&](const Batch& batch) {
    std::vector<Tensor> inputs = batch.inputs;
    inputs.push_back(start_relevance(*lrp.graph.value(lrp.logits).dims, batch));
    const std::vector<Tensor> seen =
        fetch.empty() ? std::vector<Tensor>() : context.engine->run(lrp.graph, inputs, fetch);
    for (size_t p = 0, f = 0; p < places.size(); ++p) {
      const auto& [g, place] = places[p];
      const size_t channels = groups[g].channels.size(), samples = static_cast<size_t>(batch.target.dim(0));
      if (lrp.relevances[p] == kNoValue) continue;  // it leads to other outputs only
      std::vector<double> sums(samples * channels);
      const Tensor& relevance = seen[f++];
      const AxisChannels owners(context.graph, context.channels, groups[g], place.value, place.axis);
      const auto r = relevance.view<float>();
      const size_t per_sample = r.size() / samples;
      for_slices(relevance.shape(), place.axis, owners, [&](size_t element, uint32_t channel) {
        sums[element / per_sample * channels + channel] += static_cast<double>(r[element]);
      });
      for (size_t i = 0; i < sums.size(); ++i) means.add(g, i % channels, std::fabs(sums[i]), 1);
    }
  });
  return means.means();
}

}  // namespace pare
