#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/error.h"
#include "tests/support/command.h"
#include "tests/support/samples.h"

namespace pare {
namespace {

using test::gzipped;
using test::idx;
using test::TempFolder;
using test::write_text;

constexpr uint32_t kImages = 10;

std::string images(uint32_t count = kImages) {
  std::string bytes(count * 4 * 3, '\0');
  for (size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<char>(i);
  return idx({count, 4, 3}, bytes);
}
std::string labels(uint32_t count = kImages) {
  std::string bytes(count, '\0');
  for (size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<char>(i % 10);
  return idx({count}, bytes);
}

void write_all(const TempFolder& folder) {
  write_text(folder / "train-images-idx3-ubyte", images());
  write_text(folder / "train-labels-idx1-ubyte", labels());
  write_text(folder / "t10k-images-idx3-ubyte", images(3));
  write_text(folder / "t10k-labels-idx1-ubyte", labels(3));
}

TEST(Mnist, ReadsPlainFiles) {
  const TempFolder folder;
  write_all(folder);
  const Data data = open_data("mnist:" + folder.path().string());
  EXPECT_EQ(data.classes, 10);
  EXPECT_EQ(data.train->size(), 8U);
  EXPECT_EQ(data.validation->size(), 2U);  // a fifth, though 5,000 were asked for
  EXPECT_EQ(data.test->size(), 3U);
  EXPECT_EQ(data.test->spec().inputs[0].shape, (Shape{1, 4, 3}));
  EXPECT_EQ(data.preprocessing.order, "L");
  EXPECT_EQ(data.description, "mnist:" + folder.path().string() + ", 8 train, 2 validation, 3 test");
  const auto sample = test::read_sample<float>(*data.test, 2);
  EXPECT_EQ(sample.label, 2);
  EXPECT_FLOAT_EQ(sample.image[0], 24 / 255.0F);
  EXPECT_FLOAT_EQ(sample.image[11], 35 / 255.0F);
}

TEST(Mnist, ReadsCompressedFilesAndNamesWithDots) {
  const TempFolder folder;
  write_text(folder / "train-images.idx3-ubyte.gz", gzipped(images()));
  write_text(folder / "train-labels.idx1-ubyte", labels());
  write_text(folder / "t10k-images-idx3-ubyte.gz", gzipped(images(3)));
  write_text(folder / "t10k-labels.idx1-ubyte.gz", gzipped(labels(3)));
  const Data data = open_data("mnist:" + folder.path().string());
  EXPECT_EQ(data.train->size() + data.validation->size(), 10U);
  EXPECT_FLOAT_EQ(test::read_sample<float>(*data.test, 0).image[5], 5 / 255.0F);
}

struct BrokenFile {
  const char* what;
  const char* file;
  std::string content;
  Code code;
  const char* message;
};

class MnistErrors : public testing::TestWithParam<BrokenFile> {};

TEST_P(MnistErrors, NameTheFile) {
  const BrokenFile& broken = GetParam();
  const TempFolder folder;
  write_all(folder);
  write_text(folder / broken.file, broken.content);
  try {
    open_data("mnist:" + folder.path().string());
    FAIL() << "no error";
  } catch (const Error& e) {
    EXPECT_EQ(e.code(), broken.code) << e.what();
    EXPECT_THAT(e.what(), testing::HasSubstr(folder / broken.file));
    EXPECT_THAT(e.what(), testing::HasSubstr(broken.message));
  }
}

INSTANTIATE_TEST_SUITE_P(
    All, MnistErrors,
    testing::Values(
        BrokenFile{"Empty", "train-images-idx3-ubyte", "", Code::truncated, "ends"},
        BrokenFile{"Text", "train-images-idx3-ubyte", "hello world, this is text", Code::invalid, "not an idx file"},
        BrokenFile{"Type", "train-images-idx3-ubyte", idx({1, 2, 2}, "abcd", 0x0d), Code::unsupported, "0x0d"},
        BrokenFile{"Rank", "train-images-idx3-ubyte", labels(), Code::invalid, "dimensions"},
        BrokenFile{"Swapped", "train-labels-idx1-ubyte", images(), Code::invalid, "dimensions"},
        BrokenFile{"Truncated", "train-images-idx3-ubyte", images().substr(0, 60), Code::corrupt,
                   "more than the file can hold"},
        BrokenFile{"Longer", "train-images-idx3-ubyte", images() + "x", Code::corrupt, "bytes follow"},
        BrokenFile{"Huge", "train-images-idx3-ubyte", idx({0xffffffff, 0xffffffff, 0xffffffff}, "x"), Code::corrupt,
                   "more than"},
        BrokenFile{"HugeInGz", "train-images-idx3-ubyte", gzipped(idx({0x7fffffff, 4, 4}, "x")), Code::corrupt,
                   "more than"},
        BrokenFile{"NoPixels", "train-images-idx3-ubyte", idx({10, 0, 3}, ""), Code::invalid, "0 x 3 pixels"},
        BrokenFile{"Wide", "train-images-idx3-ubyte", idx({1, 1, 5000}, std::string(5000, 'x')), Code::invalid,
                   "1 x 5000 pixels"},
        BrokenFile{"NoImages", "train-images-idx3-ubyte", idx({0, 4, 3}, ""), Code::invalid, "no images"},
        BrokenFile{"GzCutShort", "t10k-images-idx3-ubyte", gzipped(images(3)).substr(0, 40), Code::truncated,
                   "cut short"},
        BrokenFile{"GzDamaged", "t10k-images-idx3-ubyte",
                   [] {
                     auto z = gzipped(images(3));
                     z[z.size() - 6] ^= 1;
                     return z;
                   }(),
                   Code::corrupt, "incorrect"},
        BrokenFile{"FewLabels", "train-labels-idx1-ubyte", labels(4), Code::invalid, "4 labels for the 10 images"},
        BrokenFile{"LabelRange", "train-labels-idx1-ubyte", idx({10}, std::string(10, '\x0a')), Code::invalid,
                   "label 10 at 0"}),
    [](const auto& instance) { return instance.param.what; });

std::string message_of(const std::string& spec) {
  try {
    open_data(spec);
  } catch (const Error& e) {
    return e.what();
  }
  return "";
}

TEST(OpenData, SaysWhatIsMissing) {
  const TempFolder folder;
  EXPECT_EQ(message_of("mnist:/nowhere/at/all"), "/nowhere/at/all: no such folder");
  EXPECT_EQ(message_of("mnist:" + folder.path().string()),
            (folder / "train-images-idx3-ubyte") + ": not found, nor with .gz");
  write_text(folder / "file", "x");
  EXPECT_EQ(message_of("mnist:" + (folder / "file")), (folder / "file") + ": is a file, not a folder");
  EXPECT_EQ(message_of("mnits:x"), "unknown data 'mnits' (did you mean 'mnist'?)");
  EXPECT_EQ(message_of("somewhere"),
            "unknown data 'somewhere' (there are digits, mnist, cifar10, cifar100, images, npy, csv)");
  EXPECT_EQ(message_of("mnist:" + folder.path().string() + ",take=5").find("data mnist:"), 0U);
  EXPECT_NE(message_of("mnist:" + folder.path().string() + ",take=5").find("mnist has no option 'take'"),
            std::string::npos);
  EXPECT_EQ(message_of("mnist"), "data 'mnist': say where it lies, mnist:DIR");
}

TEST(OpenData, OverridesOnlyWhatTheUserSays) {
  DataOptions options;
  options.preprocessing_override.scale = 1.0 / 256;
  const Data data = open_data("digits:100", options);
  EXPECT_EQ(data.preprocessing.scale, 1.0 / 256);
  EXPECT_EQ(data.preprocessing.order, "L");  // the data's own, not a default of ours
}

TEST(Mnist, TheRealOne) {
  const std::string shared = test::shared_folder();
  if (shared.empty()) GTEST_SKIP() << "no shared data";
  const Data data = open_data("mnist:" + shared + "/data/mnist");
  EXPECT_EQ(data.train->size(), 55'000U);
  EXPECT_EQ(data.validation->size(), 5'000U);
  EXPECT_EQ(data.test->size(), 10'000U);
  EXPECT_EQ(test::read_sample<float>(*data.test, 0).label, 7);
  EXPECT_THAT(data.description, testing::EndsWith("55,000 train, 5,000 validation, 10,000 test"));
}

}  // namespace
}  // namespace pare
