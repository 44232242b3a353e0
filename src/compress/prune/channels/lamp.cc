// LAMP: the squared length of a channel as a share of those that would be left in its layer when all shorter ones are
// gone, which makes layers comparable (Lee et al. 2021, "Layer-adaptive Sparsity for the Magnitude-based Pruning").
#include "compress/prune/channels/scores.h"
#include "compress/prune/channels/weights.h"

namespace pare {

extern const ChannelCriterion channel_criterion_lamp;
const ChannelCriterion channel_criterion_lamp{
    .name = "lamp",
    .summary = "squared weights over those of all channels of the layer that are not smaller",
    .normalization = "none",
    .looks_at = looks_at_weights,
    .score = [](const ChannelContext& context, const ChannelGroup& group, const ChannelMember& member, double,
                std::span<float> scores) {
      sum_weights(
          context, group, member, [](double w) { return w * w; }, scores);
      normalize_scores(scores, "lamp");
    }};

}  // namespace pare
