// Taylor: what the loss changes, to first order, when each weight of the channel becomes 0 (Molchanov et al. 2019,
// "Importance Estimation for Neural Network Pruning"). The gradient is the mean over the calibration batches.
#include <cmath>

#include "compress/prune/channels/criterion.h"
#include "compress/prune/channels/weights.h"

namespace pare {

extern const ChannelCriterion channel_criterion_taylor;
const ChannelCriterion channel_criterion_taylor{
    .name = "taylor",
    .summary = "sum of |gradient x weight|",
    .needs = {.gradient = true},
    .looks_at = looks_at_learned,
    .score = [](const ChannelContext& context, const ChannelGroup& group, const ChannelMember& member, double,
                std::span<float> scores) {
      sum_changes(
          context, group, member, [](double c) { return std::fabs(c); }, scores);
    }};

}  // namespace pare
