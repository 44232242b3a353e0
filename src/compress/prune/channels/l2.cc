// L2: the length of the filter (He et al. 2018, "Soft Filter Pruning").
#include <cmath>

#include "compress/prune/channels/criterion.h"
#include "compress/prune/channels/weights.h"

namespace pare {

extern const ChannelCriterion channel_criterion_l2;
const ChannelCriterion channel_criterion_l2{.name = "l2",
                                            .summary = "root of the sum of squared weights",
                                            .looks_at = looks_at_weights,
                                            .score = [](const ChannelContext& context, const ChannelGroup& group,
                                                        const ChannelMember& member, double, std::span<float> scores) {
                                              sum_weights(
                                                  context, group, member, [](double w) { return w * w; }, scores);
                                              for (float& score : scores) score = std::sqrt(score);
                                            }};

}  // namespace pare
