#include "compress/prune/channels/select.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>
#include <set>

#include "compress/prune/channels/criterion.h"
#include "core/error.h"

namespace pare {
namespace {

size_t size_before(const PrunableGroup& group) { return group.before > 0 ? group.before : group.scores.size(); }

// Channels of groups of one kind, the least important first.
struct Ranked {
  float score;
  size_t group, channel;
};

// How many of each group stay under one threshold for all of `members`.
void rank_together(std::span<const PrunableGroup> groups, std::span<const size_t> members, std::vector<size_t>& kept) {
  std::vector<Ranked> ranking;
  double to_keep = 0;
  size_t left = 0;
  for (const size_t g : members) {
    to_keep += static_cast<double>(size_before(groups[g])) * (1 - groups[g].ratio);
    left += kept[g];
    for (size_t c = 0; c < groups[g].scores.size(); ++c) ranking.push_back({groups[g].scores[c], g, c});
  }
  std::stable_sort(ranking.begin(), ranking.end(), [](const Ranked& a, const Ranked& b) { return a.score < b.score; });
  const auto wanted = static_cast<size_t>(std::max<int64_t>(std::llround(to_keep), 0));
  for (const Ranked& next : ranking) {
    if (left <= wanted) break;
    if (kept[next.group] <= groups[next.group].least) continue;
    --kept[next.group];
    --left;
  }
}

size_t nearest_allowed(const PrunableGroup& group, size_t kept) {
  const size_t now = group.scores.size();
  size_t up = kept, down = kept;
  while (up < now && !may_stay(group, now, up)) ++up;
  while (down > group.least && !may_stay(group, now, down)) --down;
  if (down < group.least || !may_stay(group, now, down)) return up;
  if (!may_stay(group, now, up)) return down;
  return up - kept <= kept - down ? up : down;
}

}  // namespace

std::vector<bool> chosen_groups(const Graph& graph, const Channels& channels, const LayerFilter& filter) {
  const auto names = [&](const LayerFilter& part) {
    std::set<std::string> result;
    for (const Layer& layer : select(graph, part)) result.insert(layer.name);
    return result;
  };
  const std::set<std::string> wanted = names({filter.layers, {}}), allowed = names({{}, filter.exclude});
  std::vector<bool> result;
  for (const ChannelGroup& group : channels.groups()) {
    const auto in = [](const std::set<std::string>& set) {
      return [&set](const std::string& name) { return set.contains(name); };
    };
    result.push_back((filter.layers.empty() || std::any_of(group.made_by.begin(), group.made_by.end(), in(wanted))) &&
                     std::all_of(group.made_by.begin(), group.made_by.end(), in(allowed)));
  }
  return result;
}

bool may_stay(const PrunableGroup& group, size_t now, size_t count) {
  if (count < group.least || count > now) return false;
  return count % group.unit == 0 || (count == now && (now == size_before(group) || now < group.unit));
}

std::vector<std::vector<bool>> choose_channels(std::span<const PrunableGroup> groups) {
  std::map<std::string, std::vector<size_t>> kinds;
  std::vector<size_t> kept;
  for (size_t g = 0; g < groups.size(); ++g) {
    kept.push_back(groups[g].scores.size());
    if (!groups[g].scores.empty()) kinds[groups[g].kind].push_back(g);
  }
  for (const auto& [kind, members] : kinds) rank_together(groups, members, kept);

  std::vector<std::vector<bool>> removed(groups.size());
  for (size_t g = 0; g < groups.size(); ++g) {
    const std::vector<float>& scores = groups[g].scores;
    removed[g].assign(scores.size(), false);
    if (scores.empty()) continue;
    std::vector<size_t> order(scores.size());
    std::iota(order.begin(), order.end(), size_t{0});
    std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) { return scores[a] < scores[b]; });
    const size_t gone = scores.size() - nearest_allowed(groups[g], kept[g]);
    for (size_t i = 0; i < gone; ++i) removed[g][order[i]] = true;
  }
  return removed;
}

std::vector<bool> flags_of(const Channels& channels, const std::vector<std::vector<bool>>& removed) {
  std::vector<bool> result(channels.size(), false);
  for (size_t g = 0; g < removed.size(); ++g)
    for (size_t c = 0; c < removed[g].size(); ++c) result[channels.groups()[g].channels[c]] = removed[g][c];
  channels.spare_axes(result);
  return result;
}

std::string kind_of(const Graph& graph, const Channels& channels, const ChannelGroup& group) {
  std::vector<std::string> parts;
  for (const ChannelMember& member : members_of(graph, channels, group)) {
    const std::string type = member.node == kNoNode ? "" : graph.node(member.node).type;
    parts.push_back(fmt::format("{}:{}", type, static_cast<int>(member.role)));
  }
  std::sort(parts.begin(), parts.end());
  return fmt::format("{}/{}", static_cast<int>(group.part), fmt::join(parts, ","));
}

size_t width_of(const Channels& channels, const ChannelGroup& group) {
  if (group.part == ChannelPart::plain) return 1;
  size_t widest = 1, run = 0;
  const ChannelPlace* last = nullptr;
  for (const ChannelPlace& place : channels.places(group.channels[0])) {
    run = last && last->value == place.value && last->axis == place.axis ? run + 1 : 1;
    widest = std::max(widest, run);
    last = &place;
  }
  return widest;
}

}  // namespace pare
