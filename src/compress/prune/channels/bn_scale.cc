// Batch-norm scale: a norm multiplies its channel by |gamma|, and one that training drove to 0 is not needed (Liu et
// al. 2017, "Learning Efficient Convolutional Networks through Network Slimming").
#include <cmath>

#include "compress/prune/channels/criterion.h"
#include "compress/prune/channels/weights.h"

namespace pare {

extern const ChannelCriterion channel_criterion_bn_scale;
const ChannelCriterion channel_criterion_bn_scale{
    .name = "bn_scale",
    .summary = "absolute scale of the norms behind the layer (network slimming)",
    .looks_at = [](ChannelRole role) { return role == ChannelRole::scale; },
    .score =
        [](const ChannelContext& context, const ChannelGroup& group, const ChannelMember& member, double,
           std::span<float> scores) {
          sum_weights(
              context, group, member, [](double w) { return std::fabs(w); }, scores);
        }};

}  // namespace pare
