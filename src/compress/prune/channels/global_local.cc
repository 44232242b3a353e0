// Global and local: how much of its layer's signal a channel carries, and what the loss would notice, after the idea of
// Sun (2020): information of the layer and of the whole network in one score. Local: (sum of |w|) x (mean |x|) over the
// group's largest. Global: |sum of x dL/dx| over the network's largest. The formula is pare's own.
#include <algorithm>
#include <cmath>

#include "compress/prune/channels/calibration.h"
#include "compress/prune/channels/gates.h"
#include "compress/prune/channels/weights.h"

namespace pare {
namespace {

constexpr float kGlobal = 0.5F;

float largest(const std::vector<float>& scores) {
  return scores.empty() ? 0 : *std::max_element(scores.begin(), scores.end());
}

std::vector<std::vector<float>> score_global_local(const ChannelContext& context) {
  std::vector<std::vector<float>> global = gate_gradients(context);
  std::vector<std::vector<float>> local = activation_means(context, [](double x) { return std::fabs(x); });
  const auto groups = context.channels.groups();
  float most = 0;
  for (const auto& scores : global) most = std::max(most, largest(scores));
  for (size_t g = 0; g < groups.size(); ++g) {
    if (global[g].empty()) continue;
    std::vector<float> weights(groups[g].channels.size());
    for (const ChannelMember& member : members_of(context.graph, context.channels, groups[g])) {
      if (member.role != ChannelRole::makes) continue;
      sum_weights(
          context, groups[g], member, [](double w) { return std::fabs(w); }, weights);
    }
    for (size_t c = 0; c < weights.size(); ++c) local[g][c] *= weights[c];
    const float most_here = largest(local[g]);
    for (size_t c = 0; c < weights.size(); ++c) {
      const float l = most_here > 0 ? local[g][c] / most_here : 0, t = most > 0 ? global[g][c] / most : 0;
      global[g][c] = kGlobal * t + (1 - kGlobal) * l;
    }
  }
  return global;
}

}  // namespace

extern const ChannelCriterion channel_criterion_global_local;
const ChannelCriterion channel_criterion_global_local{
    .name = "global_local",
    .summary = "half |activation x gradient| over the network's largest, half |w| x |activation| over the layer's",
    .data = true,
    .normalization = "none",
    .score_all = score_global_local};

}  // namespace pare
