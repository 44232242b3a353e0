// L1: filters with small weights make small activations (Li et al. 2017, "Pruning Filters for Efficient ConvNets").
#include <cmath>

#include "compress/prune/channels/criterion.h"
#include "compress/prune/channels/weights.h"

namespace pare {

extern const ChannelCriterion channel_criterion_l1;
const ChannelCriterion channel_criterion_l1{
    .name = "l1",
    .summary = "sum of absolute weights",
    .looks_at = looks_at_weights,
    .score = [](const ChannelContext& context, const ChannelGroup& group, const ChannelMember& member, double,
                std::span<float> scores) {
      const std::span<const float> weight = weight_of(context, member);
      sum_slices(
          context, group, member, [&](size_t i) { return std::fabs(static_cast<double>(weight[i])); }, scores);
    }};

}  // namespace pare
