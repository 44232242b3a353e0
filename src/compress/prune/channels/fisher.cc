// Fisher: the squared change of each weight by the diagonal of the empirical Fisher information, E[g^2], which stands
// for the curvature at a minimum (Theis et al. 2018, "Faster gaze prediction with dense networks and Fisher pruning").
#include "compress/prune/channels/criterion.h"
#include "compress/prune/channels/weights.h"

namespace pare {

extern const ChannelCriterion channel_criterion_fisher;
const ChannelCriterion channel_criterion_fisher{
    .name = "fisher",
    .summary = "sum of E[gradient^2] weight^2 / 2",
    .needs = {.curvature = true},
    .looks_at = looks_at_learned,
    .score = [](const ChannelContext& context, const ChannelGroup& group, const ChannelMember& member, double,
                std::span<float> scores) {
      const std::span<const float> weight = weight_of(context, member), information = curvature_of(context, member);
      sum_slices(
          context, group, member,
          [&](size_t i) {
            const auto w = static_cast<double>(weight[i]);
            return static_cast<double>(information[i]) * w * w / 2;
          },
          scores);
    }};

}  // namespace pare
