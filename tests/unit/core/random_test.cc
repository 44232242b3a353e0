#include "core/random.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>
#include <vector>

namespace pare {
namespace {

// Checkpoints rely on these numbers: a change breaks every resumed run.
TEST(Random, GivesTheSameNumbersForEver) {
  Random a(1), b(1), c(2);
  const uint64_t first = a.next();
  EXPECT_EQ(first, b.next());
  EXPECT_NE(first, c.next());
  EXPECT_EQ(hash_of("a"), 0xaf63dc4c8601ec8cu);       // FNV-1a's own test vector
  EXPECT_EQ(Random(0).next(), 5987356902031041503u);  // xoshiro256++ seeded by splitmix64(0)
}

TEST(Random, KeysInOrderMatter) {
  EXPECT_NE(mix({1, 2}), mix({2, 1}));
  EXPECT_NE(mix({1}), mix({1, 0}));
  EXPECT_NE(mix({}), mix({0}));
}

TEST(Random, HasTheMomentsItPromises) {
  Random random(7);
  double sum = 0, squares = 0, uniform = 0;
  constexpr int n = 100'000;
  for (int i = 0; i < n; ++i) {
    const double x = random.normal();
    sum += x;
    squares += x * x;
    const double u = random.uniform();
    ASSERT_TRUE(u >= 0 && u < 1);
    uniform += u;
  }
  EXPECT_NEAR(sum / n, 0, 0.02);
  EXPECT_NEAR(squares / n, 1, 0.03);
  EXPECT_NEAR(uniform / n, 0.5, 0.01);
}

TEST(Random, BelowIsEvenAndShufflePermutes) {
  Random random({3, 4});
  std::vector<int> counts(6);
  for (int i = 0; i < 60'000; ++i) ++counts[random.below(6)];
  for (const int count : counts) EXPECT_NEAR(count, 10'000, 500);
  std::vector<int> items(100);
  std::iota(items.begin(), items.end(), 0);
  const auto before = items;
  random.shuffle(std::span(items));
  EXPECT_NE(items, before);
  std::sort(items.begin(), items.end());
  EXPECT_EQ(items, before);
}

}  // namespace
}  // namespace pare
