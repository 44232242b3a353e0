#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "core/data/image_set.h"
#include "core/data/wrappers.h"
#include "core/error.h"
#include "core/random.h"
#include "tests/support/samples.h"

namespace pare {
namespace {

using testing::ElementsAre;

TEST(Preprocessing, TravelsAsMetadataExactly) {
  Random random(7);
  for (int round = 0; round < 200; ++round) {
    Preprocessing p;
    p.scale = std::ldexp(random.uniform(0.5, 1), static_cast<int>(random.below(40)) - 20);
    p.mean = {random.normal(), random.normal() * 1e-9, random.normal() * 1e12};
    p.std = {random.uniform(0.1, 2), 1.0 / 3, 5e-324};
    p.order = random.below(2) == 1 ? "BGR" : "RGB";
    if (random.below(2) == 1) p.size = {224, 192};
    if (random.below(2) == 1) p.classes = {"cat", "dog, or wolf", "\"quoted\" \n ünïcödé", ""};
    Metadata metadata = {{"author", "someone"}};
    to_metadata(p, metadata);
    EXPECT_EQ(from_metadata(metadata), p);
    EXPECT_EQ(metadata[0].second, "someone");
  }
}

TEST(Preprocessing, IsReadableText) {
  Metadata metadata;
  to_metadata({}, metadata);
  EXPECT_THAT(metadata, testing::UnorderedElementsAre(testing::Pair("pare.scale", "0.00392156862745098"),
                                                      testing::Pair("pare.mean", "0"), testing::Pair("pare.std", "1"),
                                                      testing::Pair("pare.order", "RGB")));
}

TEST(Preprocessing, ReplacesWhatWasThere) {
  Metadata metadata = {{"pare.size", "32,32"}, {"pare.mean", "7"}, {"pare.classes", "a,b"}};
  const Preprocessing p;
  to_metadata(p, metadata);
  EXPECT_EQ(from_metadata(metadata), p);
}

TEST(Preprocessing, NoKeysNoPreprocessing) { EXPECT_EQ(from_metadata({{"author", "someone"}}), std::nullopt); }

TEST(Preprocessing, ReadsWhatPeopleWrite) {
  const auto p = from_metadata({{"pare.mean", "0.5, 0.25, 1"}, {"pare.classes", "cat, dog"}, {"pare.size", "32,48"}});
  ASSERT_TRUE(p);
  EXPECT_THAT(p->mean, ElementsAre(0.5, 0.25, 1));
  EXPECT_THAT(p->classes, ElementsAre("cat", "dog"));
  EXPECT_THAT(p->size, ElementsAre(32, 48));
}

TEST(Preprocessing, RefusesNonsense) {
  for (const auto& [key, value] : Metadata{{"pare.scale", "abc"},
                                           {"pare.scale", "1,2"},
                                           {"pare.scale", "nan"},
                                           {"pare.mean", "1,2"},
                                           {"pare.mean", "inf"},
                                           {"pare.mean", ""},
                                           {"pare.std", "0"},
                                           {"pare.std", "-1"},
                                           {"pare.order", "XYZ"},
                                           {"pare.size", "32"},
                                           {"pare.size", "0,4"},
                                           {"pare.size", "1e9,4"},
                                           {"pare.size", "99999,4"},
                                           {"pare.classes", "[1]"},
                                           {"pare.classes", "[\"a\""}}) {
    try {
      from_metadata({{key, value}});
      ADD_FAILURE() << key << " = " << value;
    } catch (const Error& e) {
      EXPECT_THAT(e.what(), testing::StartsWith(key));
    }
  }
}

DatasetPtr one_pixel(std::vector<uint8_t> channels) { return in_memory({std::ssize(channels), 1, 1, channels, {3}}); }

TEST(Normalize, AppliesTheFormulaPerChannel) {
  Preprocessing p;
  p.scale = 0.5;
  p.mean = {1, 2, 3};
  p.std = {2, 4, 8};
  const auto sample = test::read_sample<float>(*normalize(one_pixel({10, 20, 30}), "RGB", p), 0);
  EXPECT_THAT(sample.image, ElementsAre(2.0F, 2.0F, 1.5F));
  EXPECT_EQ(sample.label, 3);
}

TEST(Normalize, ChangesTheOrderOfChannels) {
  Preprocessing p;
  p.scale = 1;
  p.order = "BGR";
  EXPECT_THAT(test::read_sample<float>(*normalize(one_pixel({10, 20, 30}), "RGB", p), 0).image,
              ElementsAre(30, 20, 10));
  EXPECT_THAT(test::read_sample<float>(*normalize(one_pixel({10}), "L", p), 0).image, ElementsAre(10, 10, 10));
  p.order = "L";
  EXPECT_THAT(test::read_sample<float>(*normalize(one_pixel({255, 255, 255}), "RGB", p), 0).image, ElementsAre(255));
  EXPECT_THAT(test::read_sample<float>(*normalize(one_pixel({100, 0, 0}), "RGB", p), 0).image, ElementsAre(30));
}

TEST(Resize, KeepsEvenImagesAndAveragesWhereItShrinks) {
  const auto even = in_memory({1, 5, 7, std::vector<uint8_t>(35, 77), {0}});
  for (auto [height, width] : {std::pair{3, 2}, std::pair{5, 7}, std::pair{11, 20}}) {
    const DatasetPtr resized = resize(even, height, width);
    EXPECT_EQ(resized->spec().inputs[0].shape, (Shape{1, height, width}));
    EXPECT_THAT(test::read_sample<uint8_t>(*resized, 0).image, testing::Each(77));
  }
  const auto halves = in_memory({1, 1, 4, {0, 0, 200, 200}, {0}});
  const auto pair = test::read_sample<uint8_t>(*resize(halves, 1, 2), 0).image;
  EXPECT_LT(pair[0], 60);
  EXPECT_EQ(pair[0] + pair[1], 200);
}

TEST(Cache, GivesTheSameSamples) {
  const auto base = in_memory({1, 1, 2, {1, 2, 3, 4, 5, 6}, {7, 8, 9}});
  const DatasetPtr cached = cache(base);
  ASSERT_EQ(cached->size(), 3U);
  for (size_t i = 0; i < 3; ++i)
    EXPECT_EQ(test::read_sample<uint8_t>(*cached, i), test::read_sample<uint8_t>(*base, i));
}

}  // namespace
}  // namespace pare
