#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>
#include <set>

#include "core/data/digits.h"
#include "core/data/wrappers.h"
#include "core/error.h"
#include "tests/support/samples.h"

namespace pare {
namespace {

using testing::ElementsAre;

Preprocessing plain() {
  Preprocessing p;
  p.scale = 1;
  p.mean = {100};
  p.order = "L";
  return p;
}
constexpr float kBlack = -100;

DatasetPtr image(int64_t height, int64_t width, std::vector<uint8_t> pixels) {
  return normalize(in_memory({1, height, width, std::move(pixels), {0}}), "L", plain());
}
std::vector<float> draw(const Dataset& data, uint64_t key) { return test::read_sample<float>(data, 0, key).image; }

TEST(Augment, FlipsHalfOfTheTime) {
  const DatasetPtr data = augment(image(1, 3, {101, 102, 103}), {.flip = true}, plain());
  int flipped = 0;
  for (uint64_t key = 1; key <= 400; ++key) {
    const auto x = draw(*data, key);
    EXPECT_THAT(x, testing::AnyOf(ElementsAre(1, 2, 3), ElementsAre(3, 2, 1)));
    flipped += x[0] == 3;
  }
  EXPECT_NEAR(flipped, 200, 50);
}

TEST(Augment, ShiftsByWholePixelsAndFillsWithBlack) {
  const DatasetPtr data = augment(image(1, 3, {101, 102, 103}), {.shift = 1}, plain());
  std::set<std::vector<float>> seen;
  for (uint64_t key = 1; key <= 100; ++key) seen.insert(draw(*data, key));
  const std::set<std::vector<float>> expected = {
      {1, 2, 3}, {kBlack, 1, 2}, {2, 3, kBlack}, {kBlack, kBlack, kBlack}};  // the last: moved out at the top or bottom
  EXPECT_EQ(seen, expected);
}

TEST(Augment, CutsASquareToTheMean) {
  const DatasetPtr data = augment(image(4, 4, std::vector<uint8_t>(16, 150)), {.cutout = 2}, plain());
  std::set<long> cut;
  for (uint64_t key = 1; key <= 100; ++key) {
    const auto x = draw(*data, key);
    cut.insert(std::ranges::count(x, 0.0F));
    EXPECT_EQ(std::ranges::count(x, 0.0F) + std::ranges::count(x, 50.0F), 16);
  }
  EXPECT_EQ(cut, (std::set<long>{1, 2, 4}));  // in a corner, at an edge, inside
}

TEST(Augment, WarpsKeepTheInkAndTheLabel) {
  ImageSet digits = make_digits(20, 1);
  Preprocessing p;
  p.order = "L";
  const DatasetPtr base = normalize(in_memory(digits), "L", p);
  for (const AugmentOptions& options :
       {AugmentOptions{.rotate = 15}, AugmentOptions{.scale = 0.15}, AugmentOptions{.elastic = 2}}) {
    const DatasetPtr data = augment(base, options, p);
    for (size_t i = 0; i < 20; ++i) {
      const auto before = test::read_sample<float>(*base, i), after = test::read_sample<float>(*data, i, i + 1);
      EXPECT_EQ(before.label, after.label);
      EXPECT_NE(before.image, after.image);
      const float ink_before = std::accumulate(before.image.begin(), before.image.end(), 0.0F);
      const float ink_after = std::accumulate(after.image.begin(), after.image.end(), 0.0F);
      EXPECT_NEAR(ink_after / ink_before, 1, 0.45);
    }
  }
}

TEST(Augment, DependsOnTheDrawAlone) {
  const AugmentOptions options{.flip = true, .shift = 2, .rotate = 10, .scale = 0.1, .elastic = 1, .cutout = 2};
  const DatasetPtr base = image(4, 4, {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16});
  const DatasetPtr data = augment(base, options, plain());
  EXPECT_EQ(draw(*data, 5), draw(*augment(base, options, plain()), 5));
  EXPECT_NE(draw(*data, 5), draw(*data, 6));
  EXPECT_EQ(draw(*data, 0), draw(*base, 0));  // 0: as it is
}

TEST(Augment, NothingAskedNothingDone) {
  const DatasetPtr base = image(1, 1, {1});
  EXPECT_EQ(augment(base, {}, plain()), base);
}

TEST(Augment, NeedsImages) {
  const auto raw = in_memory({1, 1, 1, {1}, {0}});
  EXPECT_THROW(augment(raw, {.flip = true}, plain()), Error);
}

TEST(Augment, CropsAPartAndResizesIt) {
  std::vector<uint8_t> ramp;
  for (int i = 0; i < 32 * 32; ++i) ramp.push_back(static_cast<uint8_t>(i % 32 * 4));
  const DatasetPtr data =
      augment(image(32, 32, ramp), {.random_resized_crop = {0.25, 0.25}, .crop_ratio = {1, 1}}, plain());
  std::set<float> lefts;
  for (uint64_t key = 1; key <= 100; ++key) {
    const auto x = draw(*data, key);
    lefts.insert(x[0]);
    EXPECT_NEAR(x[31] - x[0], 60, 2);  // half of the width, over the whole width
    EXPECT_EQ(x[0], x[31 * 32]);
  }
  EXPECT_GT(lefts.size(), 10U);
  EXPECT_THROW(augment(image(2, 2, {1, 2, 3, 4}), {.random_resized_crop = {0.5}}, plain()), Error);
  EXPECT_THROW(augment(image(2, 2, {1, 2, 3, 4}), {.random_resized_crop = {0.5, 0.1}}, plain()), Error);
}

}  // namespace
}  // namespace pare
