// L1: filters with small weights make small activations (Li et al. 2017, "Pruning Filters for Efficient ConvNets").
#include <cmath>

#include "compress/prune/channels/criterion.h"
#include "compress/prune/channels/weights.h"

namespace pare {

extern const ChannelCriterion channel_criterion_l1;
const ChannelCriterion channel_criterion_l1{.name = "l1",
                                            .summary = "sum of absolute weights",
                                            .looks_at = looks_at_weights,
                                            .score = [](const ChannelContext& context, const ChannelGroup& group,
                                                        const ChannelMember& member, double, std::span<float> scores) {
                                              sum_weights(
                                                  context, group, member, [](double w) { return std::fabs(w); },
                                                  scores);
                                            }};

}  // namespace pare
