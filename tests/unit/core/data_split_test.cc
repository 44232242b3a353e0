#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>

#include "core/data/digits.h"
#include "core/data/split.h"
#include "core/error.h"
#include "tests/support/samples.h"

namespace pare {
namespace {

TEST(Split, IsAPartitionAndTheSameEveryTime) {
  const Split s = split(1000, 100, 3);
  EXPECT_EQ(s.train.size(), 900U);
  EXPECT_EQ(s.validation.size(), 100U);
  std::vector<size_t> all = s.train, wanted(1000);
  all.insert(all.end(), s.validation.begin(), s.validation.end());
  std::ranges::sort(all);
  std::iota(wanted.begin(), wanted.end(), size_t{0});
  EXPECT_EQ(all, wanted);
  EXPECT_EQ(split(1000, 100, 3).validation, s.validation);
  EXPECT_NE(split(1000, 100, 4).validation, s.validation);
}

TEST(Split, HoldsOutAFifthAtMost) {
  EXPECT_EQ(split(1000, 5000, 0).validation.size(), 200U);
  EXPECT_EQ(split(4, 5000, 0).validation.size(), 0U);
  EXPECT_EQ(split(1000, 0, 0).validation.size(), 0U);
  EXPECT_THROW(split(1000, -1, 0), Error);
}

TEST(Split, ByClassHoldsTheSameShareOfEach) {
  std::vector<int64_t> labels;
  for (int i = 0; i < 1000; ++i) labels.push_back(i < 700 ? 0 : i < 990 ? 5 : 7);
  const Split s = split_by_class(labels, 200, 1);
  EXPECT_EQ(s.validation.size(), 200U);
  EXPECT_EQ(s.train.size(), 800U);
  EXPECT_TRUE(std::ranges::is_sorted(s.train));
  std::vector<size_t> all = s.train;
  all.insert(all.end(), s.validation.begin(), s.validation.end());
  std::ranges::sort(all);
  EXPECT_EQ(std::ranges::unique(all).begin(), all.end());
  const auto held = [&](int64_t label) {
    return std::ranges::count_if(s.validation, [&](size_t i) { return labels[i] == label; });
  };
  EXPECT_EQ(held(0), 140);
  EXPECT_EQ(held(5), 58);
  EXPECT_EQ(held(7), 2);
  EXPECT_EQ(split_by_class(labels, 200, 1).validation, s.validation);
  EXPECT_NE(split_by_class(labels, 200, 2).validation, s.validation);
  const std::vector<int64_t> one_each = {0, 1, 2, 3};
  EXPECT_TRUE(split_by_class(one_each, 2, 1).validation.empty());  // every class stays in training
}

TEST(OpenData, DigitsNeedNothing) {
  const Data data = open_data("digits:600");
  EXPECT_EQ(data.train->size(), 480U);
  EXPECT_EQ(data.validation->size(), 120U);
  EXPECT_EQ(data.test->size(), 100U);
  EXPECT_EQ(data.description, "digits:600, 480 train, 120 validation, 100 test");
  EXPECT_THROW(open_data("digits:many"), Error);
  EXPECT_THROW(open_data("digits:3"), Error);
}

TEST(OpenData, SeedAndTakeMoveTheSplitAndNeverTheTest) {
  const Data a = open_data("digits:600"),
             b = open_data("digits:600", {.validation = 50, .seed = 9, .preprocessing = {}, .take = 70});
  EXPECT_EQ(b.train->size(), 70U);
  EXPECT_EQ(b.validation->size(), 50U);
  ASSERT_EQ(a.test->size(), b.test->size());
  for (size_t i = 0; i < a.test->size(); ++i)
    EXPECT_EQ(test::read_sample<float>(*a.test, i), test::read_sample<float>(*b.test, i));
}

TEST(OpenData, TheModelsPreprocessingWins) {
  Preprocessing p;
  p.scale = 1;
  p.order = "RGB";
  p.size = {32, 30};
  const Data data = open_data("digits:60", {.validation = 5000, .seed = 0, .preprocessing = p, .take = 0});
  EXPECT_EQ(data.preprocessing, p);
  EXPECT_EQ(data.train->spec().inputs[0].shape, (Shape{3, 32, 30}));
  const auto image = test::read_sample<float>(*data.train, 0).image;
  EXPECT_GT(*std::ranges::max_element(image), 100);
}

TEST(Take, ChecksItsIndices) {
  const auto base = in_memory({1, 1, 1, {1, 2, 3}, {0, 1, 2}});
  const DatasetPtr some = take(base, {2, 0});
  EXPECT_EQ(test::read_sample<uint8_t>(*some, 0).label, 2);
  EXPECT_EQ(test::read_sample<uint8_t>(*some, 1).label, 0);
  EXPECT_THROW(take(base, {3}), Error);
}

TEST(DataKinds, AreListed) {
  std::vector<std::string> names;
  for (const DataKind& kind : data_kinds()) names.emplace_back(kind.name);
  EXPECT_THAT(names, testing::ElementsAre("digits", "mnist", "cifar10", "cifar100", "images", "npy", "csv"));
}

}  // namespace
}  // namespace pare
