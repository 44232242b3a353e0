#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "core/error.h"
#include "tests/support/command.h"
#include "tests/support/samples.h"

namespace pare {
namespace {

using test::TempFolder;
using test::write_text;

std::string record(std::vector<int> labels, char red) {
  std::string bytes;
  for (int label : labels) bytes.push_back(static_cast<char>(label));
  return bytes + std::string(1024, red) + std::string(1024, '\x80') + std::string(1024, '\0');
}

void write_cifar10(const TempFolder& folder, const std::string& inside) {
  for (int batch = 1; batch <= 5; ++batch)
    write_text(folder / (inside + "data_batch_" + std::to_string(batch) + ".bin"),
               record({batch}, '\xff') + record({batch + 1}, 'a'));
  write_text(folder / (inside + "test_batch.bin"), record({9}, '\xff'));
}

TEST(Cifar10, ReadsFilesInTheFolder) {
  const TempFolder folder;
  write_cifar10(folder, "");
  const Data data = open_data("cifar10:" + folder.path().string());
  EXPECT_EQ(data.train->size() + data.validation->size(), 10U);
  EXPECT_EQ(data.classes, 10);
  EXPECT_EQ(data.test->spec().inputs[0].shape, (Shape{3, 32, 32}));
  const auto sample = test::read_sample<float>(*data.test, 0);
  EXPECT_EQ(sample.label, 9);
  EXPECT_FLOAT_EQ(sample.image[0], static_cast<float>((1 - 0.4914) / 0.2470));
  EXPECT_FLOAT_EQ(sample.image[1024], static_cast<float>((128 / 255.0 - 0.4822) / 0.2435));
  EXPECT_FLOAT_EQ(sample.image[3071], static_cast<float>(-0.4465 / 0.2616));
}

TEST(Cifar10, ReadsTheUnpackedArchiveWithItsClassNames) {
  const TempFolder folder;
  std::filesystem::create_directory(folder / "cifar-10-batches-bin");
  write_cifar10(folder, "cifar-10-batches-bin/");
  write_text(folder / "cifar-10-batches-bin/batches.meta.txt",
             "airplane\nautomobile\nbird\ncat\ndeer\ndog\nfrog\nhorse\nship\ntruck\n\n");
  const Data data = open_data("cifar10:" + folder.path().string());
  ASSERT_EQ(data.preprocessing.classes.size(), 10U);
  EXPECT_EQ(data.preprocessing.classes[9], "truck");
}

TEST(Cifar100, ReadsFineLabels) {
  const TempFolder folder;
  write_text(folder / "train.bin", record({1, 99}, 'a') + record({2, 42}, 'b'));
  write_text(folder / "test.bin", record({0, 57}, 'c'));
  const Data data = open_data("cifar100:" + folder.path().string());
  EXPECT_EQ(data.classes, 100);
  EXPECT_EQ(data.train->size(), 2U);
  EXPECT_EQ(data.validation, nullptr);
  EXPECT_EQ(test::read_sample<float>(*data.train, 1).label, 42);
  EXPECT_EQ(test::read_sample<float>(*data.test, 0).label, 57);
}

TEST(Cifar10, BrokenFilesAreNamed) {
  const TempFolder folder;
  auto message = [&] {
    try {
      open_data("cifar10:" + folder.path().string());
    } catch (const Error& e) {
      return std::string(e.what());
    }
    return std::string();
  };
  write_cifar10(folder, "");
  write_text(folder / "data_batch_3.bin", record({1}, 'a').substr(1));
  EXPECT_EQ(message(), (folder / "data_batch_3.bin") + ": 3072 bytes are no whole number of records of 3073");
  write_text(folder / "data_batch_3.bin", "");
  EXPECT_EQ(message(), (folder / "data_batch_3.bin") + ": the file is empty");
  write_text(folder / "data_batch_3.bin", record({1}, 'a') + record({10}, 'a'));
  EXPECT_EQ(message(), (folder / "data_batch_3.bin") + ": label 10 in record 1 (0 to 9 are possible)");
  std::filesystem::remove(folder / "data_batch_3.bin");
  EXPECT_EQ(message(), (folder / "data_batch_3.bin") + ": not found, nor with .gz");
}

}  // namespace
}  // namespace pare
