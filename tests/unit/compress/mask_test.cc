#include "compress/prune/mask.h"

#include <gtest/gtest.h>

#include <cmath>

#include "compress/prune/schedule.h"
#include "core/error.h"
#include "core/random.h"
#include "core/zoo/zoo.h"

namespace pare {
namespace {

struct Weight {
  MatrixView view;
  std::vector<float> scores;
  BitMask mask;
  Weight(int64_t rows, int64_t columns, uint64_t seed, float scale = 1)
      : view{1, rows, columns, rows * columns, columns, 1}, mask(static_cast<size_t>(rows * columns)) {
    Random random(seed);
    for (int64_t i = 0; i < rows * columns; ++i) scores.push_back(scale * static_cast<float>(random.uniform()));
  }
  MaskTask task(double sparsity = 0) { return {view, scores, &mask, sparsity}; }
};
constexpr Guards kNone{.min_kept = 0, .keep_rows = false};

TEST(Mask, RemovesExactlyTheSmallest) {
  Weight w(20, 30, 1);
  MaskTask task = w.task(0.7);
  prune_layers({&task, 1}, {}, kNone);
  EXPECT_EQ(w.mask.kept(), 180U);
  float largest_gone = 0, smallest_kept = 1;
  for (size_t i = 0; i < 600; ++i) {
    if (w.mask[i])
      smallest_kept = std::min(smallest_kept, w.scores[i]);
    else
      largest_gone = std::max(largest_gone, w.scores[i]);
  }
  EXPECT_LE(largest_gone, smallest_kept);
}

TEST(Mask, EqualScoresStillGiveTheExactShare) {
  Weight w(10, 10, 1);
  std::fill(w.scores.begin(), w.scores.end(), 0.5F);
  MaskTask task = w.task(0.33);
  prune_layers({&task, 1}, {}, kNone);
  EXPECT_EQ(w.mask.kept(), 67U);
}

TEST(Mask, WhatIsGoneStaysGone) {
  Weight w(16, 16, 2);
  MaskTask task = w.task(0.5);
  prune_layers({&task, 1}, {}, kNone);
  const BitMask before = w.mask;
  Random random(9);
  for (float& s : w.scores) s = static_cast<float>(random.uniform());  // other scores at the next pass
  task = w.task(0.8);
  prune_layers({&task, 1}, {}, kNone);
  EXPECT_EQ(w.mask.kept(), 51U);
  for (size_t i = 0; i < 256; ++i) EXPECT_LE(w.mask[i], before[i]);
}

TEST(Mask, NOfMKeepsNOfEveryGroup) {
  for (const bool transposed : {false, true}) {
    Weight w(6, 16, 3);
    if (transposed) w.view = {1, 6, 16, 96, 1, 6};
    MaskTask task = w.task(0.5);
    prune_layers({&task, 1}, parse_pattern("2:4"), {});
    for (int64_t r = 0; r < 6; ++r) {
      for (int64_t c = 0; c < 16; c += 4) {
        float gone = 0, kept = 1;
        int left = 0;
        for (int64_t k = c; k < c + 4; ++k) {
          const size_t e = w.view.index(r, k);
          left += w.mask[e];
          if (w.mask[e])
            kept = std::min(kept, w.scores[e]);
          else
            gone = std::max(gone, w.scores[e]);
        }
        EXPECT_EQ(left, 2);
        EXPECT_LE(gone, kept);
      }
    }
  }
}

TEST(Mask, NOfMNeverTakesMoreThanItsShareOfAShortGroup) {
  Weight w(3, 9, 4);  // conv of one channel: groups of 4, 4 and 1
  MaskTask task = w.task(0.5);
  prune_layers({&task, 1}, parse_pattern("2:4"), {});
  for (int64_t r = 0; r < 3; ++r) EXPECT_TRUE(w.mask[w.view.index(r, 8)]);
  EXPECT_EQ(w.mask.kept(), 15U);
}

TEST(Mask, BlocksGoAsAWhole) {
  Weight w(8, 10, 5);
  MaskTask task = w.task(0.5);
  prune_layers({&task, 1}, parse_pattern("2x4"), kNone);
  for (int64_t r = 0; r < 8; r += 2) {
    for (int64_t c = 0; c < 10; c += 4) {
      for (int64_t y = r; y < r + 2; ++y) {
        for (int64_t x = c; x < std::min<int64_t>(c + 4, 10); ++x)
          EXPECT_EQ(w.mask[w.view.index(y, x)], w.mask[w.view.index(r, c)]);
      }
    }
  }
}

TEST(Mask, GlobalThresholdNeverEmptiesALayerOrARow) {
  Weight small(10, 50, 6, 1e-4F), large(20, 100, 7, 1);  // every weight of the first is below all of the second
  std::vector<MaskTask> tasks{small.task(), large.task()};
  prune_globally(tasks, 0.9, {}, {.min_kept = 0.001, .keep_rows = true});
  EXPECT_EQ(small.mask.kept() + large.mask.kept(), 250U);  // the share holds although some were rescued
  EXPECT_EQ(small.mask.kept(), 10U);
  for (const Weight* w : {&small, &large}) {
    for (int64_t r = 0; r < w->view.rows; ++r) {
      int left = 0;
      for (int64_t c = 0; c < w->view.columns; ++c) left += w->mask[w->view.index(r, c)];
      EXPECT_GE(left, 1);
    }
  }
}

TEST(Mask, GlobalThresholdKeepsAShareOfEveryLayer) {
  Weight small(10, 50, 6, 1e-4F), large(20, 100, 7, 1);
  std::vector<MaskTask> tasks{small.task(), large.task()};
  prune_globally(tasks, 0.9, {}, {.min_kept = 0.1, .keep_rows = false});
  EXPECT_EQ(small.mask.kept(), 50U);
  tasks = {small.task(), large.task()};
  prune_globally(tasks, 0.99999, {}, kNone);
  EXPECT_GE(small.mask.kept(), 1U);
  EXPECT_GE(large.mask.kept(), 1U);
}

TEST(Mask, PatternsAreCheckedAsTheyAreRead) {
  EXPECT_EQ(parse_pattern("none").kind, Pattern::Kind::element);
  EXPECT_EQ(parse_pattern("1x4").columns, 4);
  for (const char* wrong : {"", "2", "4:2", "4:4", "a:b", "0:4", "2:4:8", "1x", "x4", "-1x4", "2:99999"}) {
    EXPECT_THROW(parse_pattern(wrong), Error) << wrong;
  }
}

TEST(Mask, RowsAreOutputsHoweverTheWeightIsStored) {
  const Graph graph = build("lenet-300-100");
  for (const Layer& layer : layers(graph)) {
    const MatrixView view = matrix_view(graph, layer);
    const int64_t outputs = graph.value(layer.bias).constant->size();
    EXPECT_EQ(view.rows, outputs) << layer.name;
    EXPECT_EQ(view.rows * view.columns, graph.value(layer.weight).constant->size());
  }
}

TEST(Schedule, CubicRisesFromZeroToTheTarget) {
  EXPECT_EQ(cubic_sparsity(0.9, 0, 10, 110), 0);
  EXPECT_EQ(cubic_sparsity(0.9, 10, 10, 110), 0);
  EXPECT_NEAR(cubic_sparsity(0.9, 60, 10, 110), 0.9 * (1 - 0.125), 1e-12);
  EXPECT_EQ(cubic_sparsity(0.9, 110, 10, 110), 0.9);
  EXPECT_EQ(cubic_sparsity(0.9, 500, 10, 110), 0.9);
  for (int64_t s = 10; s < 110; ++s) EXPECT_LE(cubic_sparsity(0.9, s, 10, 110), cubic_sparsity(0.9, s + 1, 10, 110));
}

TEST(Schedule, RoundsRemoveTheSameShareOfWhatIsLeft) {
  EXPECT_NEAR(round_sparsity(0.875, 1, 3), 0.5, 1e-12);
  EXPECT_NEAR(round_sparsity(0.875, 2, 3), 0.75, 1e-12);
  EXPECT_EQ(round_sparsity(0.875, 3, 3), 0.875);
}

}  // namespace
}  // namespace pare
