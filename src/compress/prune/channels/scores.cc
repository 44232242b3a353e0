#include "compress/prune/channels/scores.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <numeric>

#include "core/error.h"

namespace pare {
namespace {

// Scores that cannot be told apart (all zero) stay as they are.
void divide(std::span<float> scores, double by) {
  if (by <= 0) return;
  for (float& score : scores) score = static_cast<float>(score / by);
}

void to_deviations(std::span<float> scores) {
  const auto n = static_cast<double>(scores.size());
  const double mean = std::accumulate(scores.begin(), scores.end(), 0.0) / n;
  double variance = 0;
  for (const float score : scores) variance += (score - mean) * (score - mean) / n;
  const double deviation = variance > 0 ? std::sqrt(variance) : 1;
  for (float& score : scores) score = static_cast<float>((score - mean) / deviation);
}

void to_lamp(std::span<float> scores) {
  std::vector<size_t> order(scores.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) { return scores[a] > scores[b]; });
  double sum = 0;
  for (size_t first = 0, end = 0; first < order.size(); first = end) {  // equal ones together
    const float score = scores[order[first]];
    while (end < order.size() && scores[order[end]] == score) ++end;
    sum += static_cast<double>(end - first) * static_cast<double>(score);
    for (size_t i = first; i < end && sum > 0; ++i) scores[order[i]] = static_cast<float>(score / sum);
  }
}

// What makes the channels, where the criterion can look at that; else whatever it can.
std::vector<ChannelMember> looked_at(const ChannelContext& context, const ChannelGroup& group,
                                     const ChannelCriterion& criterion, bool all) {
  std::vector<ChannelMember> members = members_of(context.graph, context.channels, group);
  const auto measured = [&](const ChannelMember& m) {
    if (!criterion.needs.gradient && !criterion.needs.curvature) return true;
    if (!context.evidence) return true;  // the criterion says so
    const Evidence& evidence = *context.evidence;
    return criterion.needs.gradient ? evidence.gradient.contains(m.value) : evidence.curvature.contains(m.value);
  };
  std::erase_if(members, [&](const ChannelMember& m) { return !criterion.looks_at(m.role) || !measured(m); });
  const auto makes = [](const ChannelMember& m) { return m.role == ChannelRole::makes; };
  if (!all && std::any_of(members.begin(), members.end(), makes)) std::erase_if(members, std::not_fn(makes));
  return members;
}

std::vector<std::vector<float>> scores_by_member(const ChannelContext& context, const ChannelCriterion& criterion,
                                                 const ChannelScoring& scoring, const std::vector<bool>& wanted) {
  const std::span<const ChannelGroup> groups = context.channels.groups();
  std::vector<std::vector<float>> result(groups.size());
  for (size_t g = 0; g < groups.size(); ++g) {
    if (!wanted.empty() && !wanted[g]) continue;
    const ChannelGroup& group = groups[g];
    std::vector<std::vector<float>> scores;
    for (const ChannelMember& member : looked_at(context, group, criterion, scoring.members == "all"))
      criterion.score(context, group, member, scoring.power, scores.emplace_back(group.channels.size(), 0.0F));
    result[g] = reduce_scores(scores, scoring.reduction);
  }
  return result;
}

}  // namespace

std::string_view not_finite(std::span<const float> values) {
  for (const float value : values)
    if (!std::isfinite(value)) return std::isnan(value) ? "NaN" : "infinity";
  return "";
}

std::vector<float> reduce_scores(std::span<const std::vector<float>> members, std::string_view reduction) {
  if (members.empty()) return {};
  std::vector<float> result = members[0];
  if (reduction == "first") return result;
  for (const std::vector<float>& member : members.subspan(1)) {
    for (size_t c = 0; c < result.size(); ++c)
      result[c] = reduction == "max" ? std::max(result[c], member[c]) : result[c] + member[c];
  }
  if (reduction == "mean") divide(result, static_cast<double>(members.size()));
  return result;
}

void normalize_scores(std::span<float> scores, std::string_view normalization) {
  if (scores.empty()) return;
  if (normalization == "mean")
    divide(scores, std::accumulate(scores.begin(), scores.end(), 0.0) / static_cast<double>(scores.size()));
  else if (normalization == "max")
    divide(scores, *std::max_element(scores.begin(), scores.end()));
  else if (normalization == "gaussian")
    to_deviations(scores);
  else if (normalization == "lamp")
    to_lamp(scores);
}

namespace {

// ": tensor 'conv1.weight' holds NaN" for the first of a group's tensors that does.
std::string culprit(const ChannelContext& context, const ChannelGroup& group) {
  for (const ChannelMember& member : members_of(context.graph, context.channels, group)) {
    const Value& value = context.graph.value(member.value);
    const std::string_view odd = not_finite(value.constant->view<float>());
    if (!odd.empty()) return fmt::format(": tensor '{}' holds {}", value.name, odd);
  }
  return "";
}

}  // namespace

std::vector<std::vector<float>> score_channels(const ChannelContext& context, const ChannelScoring& scoring,
                                               const std::vector<bool>& wanted) {
  const ChannelCriterion& criterion = find_channel_criterion(scoring.criterion);
  const std::span<const ChannelGroup> groups = context.channels.groups();
  std::vector<std::vector<float>> scores =
      criterion.score_all ? criterion.score_all(context) : scores_by_member(context, criterion, scoring, wanted);
  for (size_t g = 0; g < groups.size(); ++g) {
    if (!wanted.empty() && !wanted[g]) scores[g].clear();
    ensure(std::all_of(scores[g].begin(), scores[g].end(), [](float s) { return std::isfinite(s); }),
           "criterion {}: channels of '{}' have scores that are no numbers{}", criterion.name, groups[g].name,
           culprit(context, groups[g]));
    normalize_scores(scores[g], scoring.normalization == "auto" ? criterion.normalization : scoring.normalization);
  }
  return scores;
}

}  // namespace pare
