// How many channels go, and which: the choice without a network around it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>

#include "compress/prune/channels/scores.h"
#include "compress/prune/channels/select.h"
#include "compress/prune/channels/target.h"
#include "core/error.h"
#include "core/random.h"

namespace pare {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

PrunableGroup group(std::vector<float> scores, double ratio, const std::string& kind = "") {
  PrunableGroup result;
  result.scores = std::move(scores);
  result.ratio = ratio;
  result.kind = kind;
  return result;
}
std::vector<float> rising(size_t count, float first = 1) {
  std::vector<float> result(count);
  std::iota(result.begin(), result.end(), first);
  return result;
}
size_t kept(const std::vector<bool>& removed) {
  return static_cast<size_t>(std::count(removed.begin(), removed.end(), false));
}

TEST(ChannelChoice, LocalRemovesTheLeastImportantOfEachGroup) {
  const std::vector<PrunableGroup> groups = {group({4, 1, 3, 2}, 0.5, "a"), group({40, 10, 30, 20}, 0.25, "b")};
  const auto removed = choose_channels(groups);
  EXPECT_THAT(removed[0], ElementsAre(false, true, false, true));
  EXPECT_THAT(removed[1], ElementsAre(false, true, false, false));
}

TEST(ChannelChoice, OneThresholdForGroupsOfAKind) {
  const auto removed = choose_channels(std::vector{group({1, 2, 3, 9}, 0.5), group({4, 5, 6, 7}, 0.5)});
  EXPECT_THAT(removed[0], ElementsAre(true, true, true, false));
  EXPECT_THAT(removed[1], ElementsAre(true, false, false, false));
}

TEST(ChannelChoice, KindsAreRankedApart) {
  const auto removed = choose_channels(
      std::vector{group({1, 2}, 0.5, "conv"), group({100, 200}, 0.5, "head"), group({300, 400}, 0.5, "head")});
  EXPECT_THAT(removed[0], ElementsAre(true, false));
  EXPECT_THAT(removed[1], ElementsAre(true, false));  // one of each group stays at least
  EXPECT_THAT(removed[2], ElementsAre(true, false));
}

TEST(ChannelChoice, AGroupNeverBecomesEmpty) {
  const auto removed = choose_channels(std::vector{group({1, 2, 3}, 1, "a"), group({5}, 1, "b")});
  EXPECT_THAT(removed[0], ElementsAre(true, true, false));
  EXPECT_THAT(removed[1], ElementsAre(false));
}

TEST(ChannelChoice, WhatStaysIsAMultiple) {
  for (const auto& [count, ratio, expected] : {std::tuple{64, 0.5, 32},
                                               {64, 0.3, 48},
                                               {64, 0.26, 48},
                                               {64, 0.05, 64},
                                               {64, 0.99, 16},
                                               {60, 0.5, 32},
                                               {60, 0.02, 60},
                                               {10, 0.5, 10}}) {
    PrunableGroup g = group(rising(static_cast<size_t>(count)), ratio);
    g.unit = 16;
    EXPECT_EQ(kept(choose_channels(std::vector{g})[0]), static_cast<size_t>(expected)) << count << " " << ratio;
  }
}

TEST(ChannelChoice, LeastOfAGroupHolds) {
  PrunableGroup small = group(rising(10), 0.9);
  small.least = 8;
  const PrunableGroup large = group(rising(10, 100), 0.9);
  const auto removed = choose_channels(std::vector{small, large});
  EXPECT_EQ(kept(removed[0]), 8U);
  EXPECT_EQ(kept(removed[1]), 1U);
}

TEST(ChannelChoice, RatioIsOfWhatWasThereAtFirst) {
  PrunableGroup g = group(rising(8), 0.5);  // two are gone already
  g.before = 10;
  EXPECT_EQ(kept(choose_channels(std::vector{g})[0]), 5U);
}

TEST(ChannelChoice, GroupsWithoutScoresStay) {
  const auto removed = choose_channels(std::vector{group({}, 0.5), group({1, 2}, 0.5)});
  EXPECT_TRUE(removed[0].empty());
  EXPECT_EQ(kept(removed[1]), 1U);
}

TEST(ChannelChoice, ALargerRatioRemovesMoreOfTheSame) {
  Random random(5);
  for (int round = 0; round < 50; ++round) {
    std::vector<PrunableGroup> groups;
    for (uint64_t g = 0; g < 1 + random.below(5); ++g) {
      PrunableGroup& next = groups.emplace_back();
      for (uint64_t c = 0; c < 1 + random.below(40); ++c) next.scores.push_back(static_cast<float>(random.below(20)));
      next.unit = 1 + random.below(6);
      next.least = 1 + random.below(next.scores.size());
      next.kind = random.below(2) ? "a" : "b";
    }
    std::vector<std::vector<bool>> before;
    for (double ratio = 0; ratio <= 1; ratio += 0.05) {
      for (PrunableGroup& g : groups) g.ratio = ratio;
      const auto removed = choose_channels(groups);
      for (size_t g = 0; g < groups.size(); ++g) {
        EXPECT_TRUE(may_stay(groups[g], groups[g].scores.size(), kept(removed[g])));
        for (size_t c = 0; c < removed[g].size() && !before.empty(); ++c) EXPECT_LE(before[g][c], removed[g][c]);
      }
      before = removed;
    }
  }
}

TEST(ChannelScores, Reductions) {
  const std::vector<std::vector<float>> members = {{1, 5}, {3, 1}};
  EXPECT_THAT(reduce_scores(members, "sum"), ElementsAre(4, 6));
  EXPECT_THAT(reduce_scores(members, "mean"), ElementsAre(2, 3));
  EXPECT_THAT(reduce_scores(members, "max"), ElementsAre(3, 5));
  EXPECT_THAT(reduce_scores(members, "first"), ElementsAre(1, 5));
  EXPECT_TRUE(reduce_scores({}, "sum").empty());
}

TEST(ChannelScores, Normalizations) {
  const auto normalized = [](std::vector<float> scores, const char* how) {
    normalize_scores(scores, how);
    return scores;
  };
  EXPECT_THAT(normalized({2, 4, 6}, "none"), ElementsAre(2, 4, 6));
  EXPECT_THAT(normalized({2, 4, 6}, "mean"), ElementsAre(0.5F, 1, 1.5F));
  EXPECT_THAT(normalized({2, 4, 8}, "max"), ElementsAre(0.25F, 0.5F, 1));
  EXPECT_THAT(normalized({1, 3}, "gaussian"), ElementsAre(-1, 1));
  EXPECT_THAT(normalized({1, 4, 3}, "lamp"), ElementsAre(1 / 8.0F, 1, 3 / 7.0F));
  for (const char* how : {"mean", "max", "gaussian", "lamp"}) EXPECT_THAT(normalized({0, 0}, how), ElementsAre(0, 0));
}

TEST(CostTarget, IsOneCostWithAShare) {
  const auto read = [](const char* yaml) { return read_target(param_from_yaml(yaml, "r.yaml")); };
  EXPECT_EQ(read("{macs: 0.5}").of, "macs");
  EXPECT_EQ(read("{macs: 0.5}").kept, 0.5);
  for (const char* wrong : {"0.5", "{macs: 0.5, bytes: 0.5}", "{macs: 0}", "{macs: 1.5}", "[macs]"})
    EXPECT_THROW(read(wrong), Error) << wrong;
  try {
    read("{mac: 0.5}");
    FAIL();
  } catch (const Error& e) {
    EXPECT_THAT(e.what(), HasSubstr("did you mean 'macs'?"));
  }
}

TEST(CostTarget, SharesOnBothSidesOfALimit) {
  const auto removed = [](double share) {
    std::vector<bool> flags(100, false);
    std::fill_n(flags.begin(), std::llround(share * 100), true);
    return flags;
  };
  int asked = 0;
  const auto cost = [&](const std::vector<bool>& flags) {
    ++asked;
    return 1000.0 - 10 * static_cast<double>(std::count(flags.begin(), flags.end(), true));
  };
  KnownCosts known;
  for (const double limit : {700.0, 705.0}) {
    const Shares around = shares_around(removed, cost, limit, known);
    EXPECT_EQ(kept(removed(around.high)), 70U);
    EXPECT_EQ(kept(removed(around.low)), 71U);
  }
  EXPECT_LE(asked, 24);  // a cost may be a measurement
  const int before = asked;
  shares_around(removed, cost, 705, known);
  EXPECT_EQ(asked, before);
  EXPECT_EQ(shares_around(removed, cost, 1000, known).high, 0);
  EXPECT_EQ(shares_around(removed, cost, -1, known).high, 1);
}

}  // namespace
}  // namespace pare
