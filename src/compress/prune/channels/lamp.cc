// LAMP: the squared length of a channel as a share of those that would be left in its layer when all shorter ones are
// gone, which makes layers comparable (Lee et al. 2021, "Layer-adaptive Sparsity for the Magnitude-based Pruning").
#include <algorithm>

#include "compress/prune/channels/criterion.h"
#include "compress/prune/channels/weights.h"

namespace pare {

extern const ChannelCriterion channel_criterion_lamp;
const ChannelCriterion channel_criterion_lamp{
    .name = "lamp",
    .summary = "squared weights over those of all channels of the layer that are not smaller",
    .looks_at = looks_at_weights,
    .score = [](const ChannelContext& context, const ChannelGroup& group, const ChannelMember& member, double,
                std::span<float> scores) {
      sum_weights(
          context, group, member, [](double w) { return w * w; }, scores);
      std::vector<float> sorted(scores.begin(), scores.end());
      std::sort(sorted.begin(), sorted.end());
      std::vector<double> from(sorted.size() + 1);  // sums of what is not smaller
      for (size_t i = sorted.size(); i-- > 0;) from[i] = from[i + 1] + static_cast<double>(sorted[i]);
      for (float& score : scores) {
        const auto first = std::lower_bound(sorted.begin(), sorted.end(), score) - sorted.begin();
        const double sum = from[static_cast<size_t>(first)];
        score = sum > 0 ? static_cast<float>(static_cast<double>(score) / sum) : 0;
      }
    }};

}  // namespace pare
