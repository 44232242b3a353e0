#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <map>
#include <set>

#include "core/error.h"
#include "tests/support/command.h"
#include "tests/support/images.h"
#include "tests/support/samples.h"

namespace pare {
namespace {

namespace fs = std::filesystem;
using test::jpeg;
using test::plain_picture;
using test::png;
using test::ramp_picture;
using test::TempFolder;
using test::write_text;
using testing::ElementsAre;
using testing::HasSubstr;

void put(const TempFolder& folder, const std::string& name, const std::string& bytes) {
  fs::create_directories(fs::path(folder / name).parent_path());
  write_text(folder / name, bytes);
}
// `count` images per class whose red value is `100 * class + i`, in folders cat and dog.
void put_classes(const TempFolder& folder, const std::string& part, int count) {
  for (int i = 0; i < count; ++i) {
    const auto shade = [&](int base) { return png(plain_picture(8, 8, {static_cast<uint8_t>(base + i), 0, 0})); };
    put(folder, fmt::format("{}cat/{:02}.png", part, i), shade(0));
    put(folder, fmt::format("{}dog/{:02}.PNG", part, i), shade(100));
  }
}
DataOptions raw(Shape input = {3, 8, 8}) {  // pixels as they are
  DataOptions options;
  options.preprocessing_override.scale = 1;
  options.preprocessing_override.mean = {0};
  options.preprocessing_override.std = {1};
  options.input = FieldSpec{DType::f32, std::move(input)};
  return options;
}
std::string at(const TempFolder& folder, const std::string& options = "") {
  return "images:" + folder.path().string() + options;
}
std::string message(const std::string& spec, const DataOptions& options, Code code = Code::invalid) {
  try {
    const Data data = open_data(spec, options);
    for (const DatasetPtr& part : {data.train, data.validation, data.test})
      for (size_t i = 0; part && i < part->size(); ++i) test::read_sample<float>(*part, i);
    ADD_FAILURE() << "no error";
  } catch (const Error& e) {
    EXPECT_EQ(e.code(), code) << e.what();
    return e.what();
  }
  return {};
}
// Red values of a part, which tell its images apart.
std::multiset<int> shades(const Dataset& data) {
  std::multiset<int> all;
  for (size_t i = 0; i < data.size(); ++i) {
    const auto sample = test::read_sample<float>(data, i);
    EXPECT_EQ(sample.label, sample.image[0] >= 100 ? 1 : 0);
    EXPECT_EQ(data.label(i), sample.label);
    all.insert(static_cast<int>(sample.image[0]));
  }
  return all;
}

TEST(Images, ReadsFoldersOfParts) {
  const TempFolder folder;
  put_classes(folder, "train/", 6);
  put_classes(folder, "val/", 2);
  put_classes(folder, "test/", 3);
  const Data data = open_data(at(folder), raw());
  EXPECT_EQ(data.description, at(folder) + ", 12 train, 4 validation, 6 test");
  EXPECT_EQ(data.classes, 2);
  EXPECT_THAT(data.preprocessing.classes, ElementsAre("cat", "dog"));
  EXPECT_THAT(data.preprocessing.size, ElementsAre(8, 8));
  EXPECT_EQ(data.preprocessing.order, "RGB");
  EXPECT_EQ(shades(*data.validation), (std::multiset<int>{0, 1, 100, 101}));
  EXPECT_EQ(shades(*data.test).size(), 6U);
}

TEST(Images, WithoutTestTheSecondPartIsKeptForTheEnd) {
  const TempFolder folder;
  put_classes(folder, "train/", 10);
  put_classes(folder, "val/", 2);
  const Data data = open_data(at(folder), raw());
  EXPECT_EQ(shades(*data.test), (std::multiset<int>{0, 1, 100, 101}));
  EXPECT_EQ(data.train->size(), 16U);
  EXPECT_EQ(data.validation->size(), 4U);
}

TEST(Images, WithoutPartsEveryClassIsSplitAlike) {
  const TempFolder folder;
  put_classes(folder, "", 20);
  DataOptions other = raw();
  other.seed = 7;
  const Data a = open_data(at(folder), raw()), again = open_data(at(folder), raw()), b = open_data(at(folder), other);
  EXPECT_EQ(a.description, at(folder) + ", 26 train, 6 validation, 8 test");
  std::multiset<int> all;
  for (const DatasetPtr& part : {a.train, a.validation, a.test}) {
    const auto some = shades(*part);
    const auto cats = std::distance(some.begin(), some.lower_bound(100));
    EXPECT_EQ(static_cast<size_t>(cats) * 2, some.size());
    all.insert(some.begin(), some.end());
  }
  EXPECT_EQ(std::set<int>(all.begin(), all.end()).size(), 40U);
  EXPECT_EQ(shades(*a.validation), shades(*again.validation));
  EXPECT_NE(shades(*a.validation), shades(*b.validation));
  EXPECT_EQ(shades(*a.test), shades(*b.test));  // what is for test never moves
  EXPECT_EQ(open_data(at(folder, ",test=0.5"), raw()).test->size(), 20U);
}

TEST(Images, TakingAFewTakesOfEveryClass) {
  const TempFolder folder;
  put_classes(folder, "", 20);
  DataOptions few = raw();
  few.take = 6;
  const auto some = shades(*open_data(at(folder), few).train);
  EXPECT_EQ(some.size(), 6U);
  EXPECT_EQ(std::distance(some.begin(), some.lower_bound(100)), 3);
}

TEST(Images, SizeAndColourAreTheModels) {
  const TempFolder folder;
  put(folder, "a/1.jpg", jpeg(ramp_picture(40, 20)));
  put(folder, "a/2.jpg", jpeg(ramp_picture(20, 40)));
  put(folder, "b/1.jpeg", jpeg(ramp_picture(33, 33)));
  put(folder, "b/2.png", png(ramp_picture(9, 9, 1)));
  const std::string spec = at(folder, ",test=0.5");
  EXPECT_EQ(open_data(spec, raw({3, 12, 10})).test->spec().inputs[0].shape, (Shape{3, 12, 10}));
  const Data grey = open_data(spec, raw({1, 16, 16}));
  EXPECT_EQ(grey.test->spec().inputs[0].shape, (Shape{1, 16, 16}));
  EXPECT_EQ(grey.preprocessing.order, "L");
  EXPECT_EQ(open_data(spec + ",size=24", raw({3, -1, -1})).test->spec().inputs[0].shape, (Shape{3, 24, 24}));
  DataOptions told = raw({3, -1, -1});
  told.preprocessing = Preprocessing{.order = "BGR", .size = {6, 5}};
  EXPECT_EQ(open_data(spec, told).test->spec().inputs[0].shape, (Shape{3, 6, 5}));
  EXPECT_THAT(message(spec, raw({3, -1, -1})), HasSubstr(",size=N"));
}

TEST(Images, TheMiddleIsCutOutAndResized) {
  const TempFolder folder;
  // Red on the left, green in the middle, blue on the right.
  test::Picture picture{96, 32, 3, {}};
  for (int i = 0; i < 96 * 32; ++i)
    for (int c = 0; c < 3; ++c) picture.pixels.push_back(i % 96 / 32 == c ? 200 : 0);
  for (const char* name : {"a/1.png", "a/2.png", "b/1.png", "b/2.png"}) put(folder, name, png(picture));
  const Data data = open_data(at(folder, ",test=0.5"), raw());
  const auto image = test::read_sample<float>(*data.test, 0).image;
  EXPECT_THAT(std::span(image).first(64), testing::Each(0));
  EXPECT_THAT(std::span(image).subspan(64, 64), testing::Each(200));
}

TEST(Images, TheModelsClassesKeepTheirNumbers) {
  const TempFolder folder;
  put_classes(folder, "train/", 2);
  put_classes(folder, "test/", 2);
  DataOptions options = raw();
  options.preprocessing = Preprocessing{.classes = {"bird", "dog", "cat"}};
  const Data data = open_data(at(folder), options);
  EXPECT_EQ(data.classes, 3);
  EXPECT_EQ(data.test->label(0), 2);  // a cat
  options.preprocessing->classes = {"bird", "dog", "fish"};
  EXPECT_THAT(message(at(folder), options), HasSubstr("class 'cat' is none of the model's"));
  options.preprocessing->classes = {"ship", "truck"};  // of another task
  EXPECT_THAT(open_data(at(folder), options).preprocessing.classes, ElementsAre("cat", "dog"));
}

TEST(Images, WhatIsNoImageIsPassedOverAndWhatCannotBeReadIsNot) {
  const TempFolder folder;
  put_classes(folder, "train/", 2);
  put_classes(folder, "test/", 2);
  put(folder, "train/cat/notes.txt", "");
  put(folder, "train/cat/.hidden.png", "");
  put(folder, "train/dog/deeper/one.png", png(plain_picture(8, 8, {120, 0, 0})));
  put(folder, "train/labels.csv", "");
  const Data data = open_data(at(folder), raw());
  EXPECT_EQ(data.train->size() + (data.validation ? data.validation->size() : 0), 5U);
  put(folder, "train/cat/old.gif", "GIF89a");
  EXPECT_THAT(message(at(folder), raw(), Code::unsupported), HasSubstr("old.gif: only JPEG and PNG"));
}

TEST(Images, ErrorsNameTheFile) {
  const TempFolder folder;
  EXPECT_THAT(message("images:" + (folder / "none"), raw()), HasSubstr("none: no such folder"));
  EXPECT_THAT(message(at(folder), raw()), HasSubstr("no classes"));
  put(folder, "cat/1.png", png(plain_picture(8, 8, {1, 0, 0})));
  EXPECT_THAT(message(at(folder), raw()), HasSubstr("only one class, 'cat'"));
  fs::create_directories(folder / "dog");
  EXPECT_THAT(message(at(folder), raw()), HasSubstr("dog: holds no JPEG or PNG image"));
  put(folder, "dog/1.jpg", jpeg(plain_picture(8, 8, {120, 0, 0})));
  EXPECT_THAT(message(at(folder), raw()), HasSubstr("too few images"));
  EXPECT_THAT(message(at(folder, ",sise=8"), raw()), HasSubstr("did you mean 'size'"));
  EXPECT_THAT(message(at(folder, ",crop=0"), raw()), HasSubstr("crop"));
  for (int i = 0; i < 9; ++i) put(folder, fmt::format("dog/{}.jpg", i + 2), jpeg(ramp_picture(64, 64)).substr(0, 700));
  EXPECT_THAT(message(at(folder), raw(), Code::corrupt), HasSubstr(".jpg: "));
  fs::create_directories(folder / "test/cat");
  EXPECT_THAT(message(at(folder), raw()), HasSubstr("no folder train"));
}

TEST(Images, ImagesInMemoryAreNotReadAgain) {
  const TempFolder folder;
  put_classes(folder, "train/", 3);
  put_classes(folder, "test/", 2);
  const Data kept = open_data(at(folder), raw()), read = open_data(at(folder, ",cache=0"), raw());
  const auto before = shades(*kept.test);
  EXPECT_EQ(shades(*read.test), before);
  fs::remove_all(folder / "test");
  EXPECT_EQ(shades(*kept.test), before);
  EXPECT_THROW(shades(*read.test), Error);
}

TEST(Images, RandomCropsAreCutFromTheWholeImage) {
  const TempFolder folder;
  for (const char* name : {"train/a/1.png", "train/b/1.png", "test/a/1.png", "test/b/1.png"})
    put(folder, name, png(ramp_picture(256, 256)));
  const Data data = open_data(at(folder), raw());
  const DatasetPtr cropped = augment(data.train, {.random_resized_crop = {0.01, 0.04}}, data.preprocessing);
  const auto whole = test::read_sample<float>(*data.train, 0);
  EXPECT_EQ(test::read_sample<float>(*cropped, 0), whole);  // no draw, no crop
  std::set<float> corners;
  for (uint64_t draw = 1; draw < 50; ++draw) {
    const auto part = test::read_sample<float>(*cropped, 0, draw);
    EXPECT_EQ(part, test::read_sample<float>(*cropped, 0, draw));
    corners.insert(part.image[0]);
    // A tenth or a fifth of the ramp that goes over the whole image, at all of its detail.
    const float span = part.image[7] - part.image[0];
    EXPECT_GT(span, 255 * 0.06);
    EXPECT_LT(span, 255 * 0.25);
  }
  EXPECT_GT(corners.size(), 20U);
}

TEST(Images, BatchesAreTheSameForAnyNumberOfThreads) {
  const TempFolder folder;
  for (int i = 0; i < 30; ++i)
    put(folder, fmt::format("{}/{}.jpg", i % 2 ? "odd" : "even", i), jpeg(ramp_picture(20 + i, 50 - i)));
  const Data data = open_data(at(folder), raw());
  const DatasetPtr train = augment(data.train, {.flip = true, .random_resized_crop = {0.1, 1}}, data.preprocessing);
  std::vector<std::vector<Tensor>> seen;
  for (const int threads : {1, 3, 8}) {
    Loader loader(train,
                  {.batch = 5, .shuffle = true, .seed = 3, .epoch = 1, .threads = threads, .mixup = 0.4, .classes = 2});
    seen.emplace_back();
    Batch batch;
    while (loader.next(batch)) {
      seen.back().push_back(batch.inputs[0]);
      seen.back().push_back(batch.target);
    }
  }
  EXPECT_EQ(seen[0], seen[1]);
  EXPECT_EQ(seen[0], seen[2]);
}

TEST(Images, ReadsTheSharedPhotographs) {
  const std::string shared = test::shared_folder() + "/data/cats_dogs";
  if (!fs::exists(shared)) GTEST_SKIP() << "no shared data";
  const Data data = open_data("images:" + shared, raw({3, 64, 64}));
  EXPECT_THAT(data.preprocessing.classes, ElementsAre("cat", "dog"));
  EXPECT_EQ(data.train->size() + data.validation->size() + data.test->size(), 1399U);
  Loader loader(data.test, {.batch = 64});
  Batch batch;
  int64_t samples = 0;
  while (loader.next(batch)) samples += batch.size;
  EXPECT_EQ(samples, 279);
}

}  // namespace
}  // namespace pare
