// Taylor, squared: the square of the loss's change, to first order, for each weight by itself (Molchanov et al. 2019,
// eq. 8). Large changes count more than with `taylor`.
#include "compress/prune/channels/criterion.h"
#include "compress/prune/channels/weights.h"

namespace pare {

extern const ChannelCriterion channel_criterion_taylor_squared;
const ChannelCriterion channel_criterion_taylor_squared{
    .name = "taylor_squared",
    .summary = "sum of (gradient x weight)^2",
    .needs = {.gradient = true},
    .looks_at = looks_at_learned,
    .score = [](const ChannelContext& context, const ChannelGroup& group, const ChannelMember& member, double,
                std::span<float> scores) {
      sum_changes(
          context, group, member, [](double c) { return c * c; }, scores);
    }};

}  // namespace pare
