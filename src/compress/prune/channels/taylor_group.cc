// Taylor of the whole channel: what the loss changes, to first order, when all of it becomes 0 (Molchanov et al. 2019,
// section 3.2). Changes of opposite sign make up for each other.
#include <cmath>

#include "compress/prune/channels/criterion.h"
#include "compress/prune/channels/weights.h"

namespace pare {

extern const ChannelCriterion channel_criterion_taylor_group;
const ChannelCriterion channel_criterion_taylor_group{
    .name = "taylor_group",
    .summary = "|sum of gradient x weight|: the channel as one",
    .needs = {.gradient = true},
    .looks_at = looks_at_learned,
    .score = [](const ChannelContext& context, const ChannelGroup& group, const ChannelMember& member, double,
                std::span<float> scores) {
      sum_changes(
          context, group, member, [](double c) { return c; }, scores);
      for (float& score : scores) score = std::fabs(score);
    }};

}  // namespace pare
