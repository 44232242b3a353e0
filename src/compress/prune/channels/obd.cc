// OBD: what the loss changes to second order when the channel's weights become 0, by the diagonal of the Hessian alone:
// sum of h w^2 / 2 (LeCun et al. 1990, "Optimal Brain Damage"). With random signs s and v = s w, the sum of v (H v)
// over the slice has that sum as its expected value (Hutchinson 1990); H v is a difference of two gradients, so that it
// is the curvature of the loss itself and not that of the Fisher information.
#include <algorithm>

#include "compress/prune/channels/weights.h"
#include "core/error.h"
#include "core/random.h"

namespace pare {
namespace {

constexpr int kDraws = 8;
constexpr float kStep = 0.01F;  // of each weight

// Every weight moved by `step` of itself, up or down by chance.
Graph moved(const ChannelContext& context, const std::vector<bool>& looked_at, int draw, float step) {
  Graph graph = context.graph;
  for (size_t v = 0; v < graph.values.size(); ++v) {
    Value& value = graph.values[v];
    value.trainable = looked_at[v];
    if (!looked_at[v]) continue;
    value.encoding = {};  // what lies between the levels is asked for
    Random random{context.seed, hash_of("obd"), hash_of(value.name), static_cast<uint64_t>(draw)};
    for (float& w : value.constant->edit<float>()) w += (random.next() >> 63) != 0 ? step * w : -step * w;
  }
  return graph;
}

std::vector<std::vector<float>> score_obd(const ChannelContext& context) {
  ensure(context.engine && context.data, "criterion obd wants gradients and needs data");
  const auto groups = context.channels.groups();
  std::vector<bool> looked_at(context.graph.values.size());
  std::vector<std::vector<ChannelMember>> members;
  for (const ChannelGroup& group : groups) {
    members.push_back(members_of(context.graph, context.channels, group));
    std::erase_if(members.back(), [](const ChannelMember& m) { return m.role != ChannelRole::makes; });
    for (const ChannelMember& member : members.back()) looked_at[static_cast<size_t>(member.value)] = true;
  }
  std::vector<std::vector<float>> scores;
  for (size_t g = 0; g < groups.size(); ++g) scores.emplace_back(members[g].empty() ? 0 : groups[g].channels.size());
  for (int draw = 0; draw < kDraws; ++draw) {
    const Graph up = moved(context, looked_at, draw, kStep), down = moved(context, looked_at, draw, -kStep);
    const auto measure = [&](const Graph& graph) {
      return context.engine->measure(graph, *context.data, {.gradient = true}, context.batches, context.reports())
          .gradient;
    };
    const auto above = measure(up), below = measure(down);
    for (size_t g = 0; g < groups.size(); ++g) {
      // What leads to other outputs than the first has no gradient.
      std::erase_if(members[g], [&](const ChannelMember& m) { return !above.contains(m.value); });
      if (members[g].empty()) scores[g].clear();
      for (const ChannelMember& member : members[g]) {
        const auto high = up.value(member.value).constant->view<float>();
        const auto low = down.value(member.value).constant->view<float>();
        const auto& g_high = above.at(member.value);
        const auto& g_low = below.at(member.value);
        // v = (high - low) / (2 step), H v = (g_high - g_low) / (2 step)
        const double scale = 1 / (2.0 * 4.0 * static_cast<double>(kStep * kStep) * kDraws);
        sum_slices(
            context, groups[g], member,
            [&](size_t i) {
              return scale * static_cast<double>(high[i] - low[i]) * static_cast<double>(g_high[i] - g_low[i]);
            },
            scores[g]);
      }
    }
  }
  // Where the estimate says that the loss would fall, nothing speaks for the channel.
  for (auto& list : scores)
    for (float& score : list) score = std::max(score, 0.0F);
  return scores;
}

}  // namespace

extern const ChannelCriterion channel_criterion_obd;
const ChannelCriterion channel_criterion_obd{
    .name = "obd",
    .summary = "sum of curvature x weight^2 / 2, the curvature estimated from differences of gradients",
    .data = true,
    .score_all = score_obd};

}  // namespace pare
