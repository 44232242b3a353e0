// FPGM: a filter near the geometric median of its layer can be replaced by the others (He et al. 2019, "Filter Pruning
// via Geometric Median for Deep Convolutional Neural Networks Acceleration"). The score is the sum of distances to the
// others.
#include <algorithm>
#include <cmath>

#include "compress/prune/channels/matrix.h"
#include "compress/prune/channels/slices.h"
#include "compress/prune/channels/weights.h"

namespace pare {
namespace {

// Products of all pairs of slices, each in the order of its elements.
Matrix products_of_slices(const ChannelContext& context, const ChannelGroup& group, const ChannelMember& member) {
  const AxisChannels owners(context.graph, context.channels, group, member.value, member.axis);
  const Shape& shape = context.graph.value(member.value).constant->shape();
  const auto weight = weight_of(context, member);
  std::vector<size_t> sizes(group.channels.size());
  for_slices(shape, member.axis, owners, [&](size_t, uint32_t channel) { ++sizes[channel]; });
  const size_t columns = *std::max_element(sizes.begin(), sizes.end());
  return gram(sizes.size(), columns, context.reports(), [&](size_t from, Matrix& part) {
    std::vector<size_t> next(part.rows());
    for_slices(shape, member.axis, owners, [&](size_t element, uint32_t channel) {
      const size_t column = next[channel]++ - from;  // wraps around before the part
      if (column < part.columns()) part.at(channel, column) = static_cast<double>(weight[element]);
    });
  });
}

}  // namespace

extern const ChannelCriterion channel_criterion_fpgm;
const ChannelCriterion channel_criterion_fpgm{
    .name = "fpgm",
    .summary = "sum of distances to the other filters of the layer (geometric median)",
    .looks_at = looks_at_weights,
    .score = [](const ChannelContext& context, const ChannelGroup& group, const ChannelMember& member, double,
                std::span<float> scores) {
      const Matrix products = products_of_slices(context, group, member);
      for (size_t a = 0; a < scores.size(); ++a) {
        double sum = 0;
        for (size_t b = 0; b < scores.size(); ++b)
          sum += std::sqrt(std::max(0.0, products.at(a, a) + products.at(b, b) - 2 * products.at(a, b)));
        scores[a] = static_cast<float>(sum);
      }
    }};

}  // namespace pare
