// Ln: (sum |w|^n)^(1/n) for any n. Slices are divided by their largest weight first, so that powers stay finite.
#include <algorithm>
#include <cmath>

#include "compress/prune/channels/criterion.h"
#include "compress/prune/channels/slices.h"
#include "compress/prune/channels/weights.h"
#include "core/error.h"

namespace pare {

extern const ChannelCriterion channel_criterion_ln;
const ChannelCriterion channel_criterion_ln{
    .name = "ln",
    .summary = "n-norm of the weights; `power` is n, and a large one leaves nearly the largest absolute weight",
    .looks_at = looks_at_weights,
    .score = [](const ChannelContext& context, const ChannelGroup& group, const ChannelMember& member, double power,
                std::span<float> scores) {
      ensure(power > 0, "power has to be above 0 and is {}", power);
      std::vector<float> largest(scores.size());
      const std::span<const float> weight = weight_of(context, member);
      const AxisChannels owners(context.graph, context.channels, group, member.value, member.axis);
      const Shape& shape = context.graph.value(member.value).constant->shape();
      for_slices(shape, member.axis, owners, [&](size_t element, uint32_t channel) {
        largest[channel] = std::max(largest[channel], std::fabs(weight[element]));
      });
      std::vector<double> sums(scores.size());
      for_slices(shape, member.axis, owners, [&](size_t element, uint32_t channel) {
        const double part = std::fabs(static_cast<double>(weight[element]));
        if (part > 0) sums[channel] += std::pow(part / static_cast<double>(largest[channel]), power);
      });
      for (size_t c = 0; c < scores.size(); ++c)
        scores[c] = static_cast<float>(std::pow(sums[c], 1 / power) * static_cast<double>(largest[c]));
    }};

}  // namespace pare
