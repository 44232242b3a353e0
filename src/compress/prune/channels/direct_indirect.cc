// Direct and indirect influence of a filter, from weights alone, after the idea of Zheng et al. 2024 ("A novel and
// efficient model pruning method ... by evaluating the direct and indirect effects of filters"). Direct: what the
// filter itself is, |w|_1 |gamma / sigma|. Indirect: what reads it, the sum over filters j of the readers of |w_j|_1 on
// this channel times their own direct influence. Both are scaled to mean 1, and where they disagree the score is less.
// The formula is pare's own.
#include <cmath>
#include <numeric>

#include "compress/prune/channels/layer_matrix.h"
#include "compress/prune/channels/slices.h"
#include "compress/prune/channels/weights.h"

namespace pare {
namespace {

constexpr double kDirect = 0.5;
constexpr double kUncertainty = 0.25;  // not above kDirect and 1 - kDirect, so that no score is negative

// |gamma / sigma| of the batch norm that alone reads the layer, per output; 1 without one.
std::vector<double> norm_factors(const Graph& graph, const Node& layer, size_t outputs) {
  std::vector<double> factors(outputs, 1);
  const auto& users = graph.value(layer.outputs[0]).users;
  if (users.size() != 1) return factors;
  const Node& norm = graph.node(users[0]);
  const Tensor* scale = graph.constant_input(norm, 1);
  const Tensor* variance = graph.constant_input(norm, 4);
  if (norm.op != OpKind::batch_normalization || !scale || !variance) return factors;
  if (scale->dtype() != DType::f32 || variance->dtype() != DType::f32) return factors;
  if (static_cast<size_t>(scale->size()) != outputs) return factors;
  const auto epsilon = static_cast<double>(norm.attributes.real("epsilon", 1e-5F));
  for (size_t o = 0; o < outputs; ++o) {
    const auto v = static_cast<double>(variance->view<float>()[o]);
    factors[o] = std::fabs(static_cast<double>(scale->view<float>()[o])) / std::sqrt(v + epsilon);
  }
  return factors;
}

std::vector<double> direct_of(const Graph& graph, const LayerMatrix& layer) {
  const auto weight = graph.value(layer.weight).constant->view<float>();
  std::vector<double> direct = norm_factors(graph, graph.node(layer.node), layer.outputs);
  for (size_t o = 0; o < layer.outputs; ++o) {
    double sum = 0;
    for (size_t i = 0; i < layer.inputs; ++i)
      for (size_t t = 0; t < layer.taps; ++t) sum += std::fabs(static_cast<double>(weight[layer.element(o, i, t)]));
    direct[o] *= sum;
  }
  return direct;
}

void scale_to_mean_one(std::vector<double>& values) {
  const double sum = std::accumulate(values.begin(), values.end(), 0.0);
  if (sum <= 0) return;
  for (double& v : values) v *= static_cast<double>(values.size()) / sum;
}

std::vector<std::vector<float>> score_direct_indirect(const ChannelContext& context) {
  std::vector<std::vector<float>> scores;
  for (const ChannelGroup& group : context.channels.groups()) {
    std::vector<double> direct(group.channels.size()), indirect(group.channels.size());
    bool made = false, read = false;
    for (const ChannelMember& member : members_of(context.graph, context.channels, group)) {
      if (member.role != ChannelRole::makes && member.role != ChannelRole::reads) continue;
      const auto layer = layer_matrix(context.graph, member.node);
      if (!layer || layer->weight != member.value) continue;
      const std::vector<double> own = direct_of(context.graph, *layer);
      const AxisChannels owners(context.graph, context.channels, group, member.value, member.axis);
      std::vector<double> sums(group.channels.size());
      if (member.role == ChannelRole::makes) {
        made = true;
        for (size_t o = 0; o < layer->outputs; ++o)
          for (const uint32_t channel : owners.at(o)) sums[channel] += own[o];
        scale_to_mean_one(sums);  // every layer that makes the group counts alike
        for (size_t c = 0; c < sums.size(); ++c) direct[c] += sums[c];
      } else {
        read = true;
        const auto weight = context.graph.value(member.value).constant->view<float>();
        for (size_t i = 0; i < layer->inputs; ++i) {
          for (const uint32_t channel : owners.at(i))
            for (size_t o = 0; o < layer->outputs; ++o)
              for (size_t t = 0; t < layer->taps; ++t)
                indirect[channel] += own[o] * std::fabs(static_cast<double>(weight[layer->element(o, i, t)]));
        }
      }
    }
    scores.emplace_back();
    if (!made && !read) continue;
    scale_to_mean_one(direct);
    scale_to_mean_one(indirect);
    for (size_t c = 0; c < direct.size(); ++c) {
      const double d = made ? direct[c] : indirect[c], n = read ? indirect[c] : direct[c];
      scores.back().push_back(static_cast<float>(kDirect * d + (1 - kDirect) * n - kUncertainty * std::fabs(d - n)));
    }
  }
  return scores;
}

}  // namespace

extern const ChannelCriterion channel_criterion_direct_indirect;
const ChannelCriterion channel_criterion_direct_indirect{
    .name = "direct_indirect",
    .summary = "the filter's own weights and what its readers make of it, less where these disagree",
    .score_all = score_direct_indirect};

}  // namespace pare
