#include "core/model_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <functional>

#include "core/error.h"
#include "core/onnx/onnx.h"
#include "core/pack/pack.h"
#include "tests/support/graphs.h"

namespace pare {
namespace {

namespace fs = std::filesystem;
using namespace pare::testing;
using ::testing::HasSubstr;

class ModelFile : public ::testing::Test {
 protected:
  void SetUp() override {
    const auto* info = ::testing::UnitTest::GetInstance()->current_test_info();
    folder_ = fs::path(::testing::TempDir()) / (std::string("pare_model_file_") + info->name());
    fs::remove_all(folder_);
    fs::create_directories(folder_);
  }
  void TearDown() override { fs::remove_all(folder_); }
  std::string path(const std::string& name) const { return (folder_ / name).string(); }
  size_t files() const { return static_cast<size_t>(std::distance(fs::directory_iterator(folder_), {})); }
  std::string error_of(const std::function<void()>& body, Code code) const {
    try {
      body();
    } catch (const Error& e) {
      EXPECT_EQ(e.code(), code) << e.what();
      return e.what();
    }
    return "no error";
  }

 private:
  fs::path folder_;
};

TEST_F(ModelFile, WritesAndReadsBack) {
  write_file(path("a"), std::string_view("first"));
  write_file(path("a"), std::string_view("second"));
  const auto bytes = read_file(path("a"));
  EXPECT_EQ(std::string_view(reinterpret_cast<const char*>(bytes.data()), bytes.size()), "second");
  EXPECT_EQ(files(), 1u);  // no temporary file is left
}

TEST_F(ModelFile, SaysWhyAPathDoesNotWork) {
  EXPECT_THAT(error_of([&] { read_file(path("none")); }, Code::invalid), HasSubstr("No such file"));
  EXPECT_THAT(error_of([&] { read_file(path("")); }, Code::invalid), HasSubstr("Is a directory"));
  EXPECT_THAT(error_of([&] { write_file(path("no/such/folder"), std::string_view("x")); }, Code::invalid),
              HasSubstr("no/such/folder"));
  write_file(path("big"), std::string_view("0123456789"));
  error_of([&] { read_file(path("big"), 9); }, Code::limit);
  EXPECT_EQ(read_file(path("big"), 10).size(), 10u);
}

TEST_F(ModelFile, AFullDiskLeavesTheOldFile) {
  if (!fs::exists("/dev/full")) GTEST_SKIP() << "no /dev/full here";
  EXPECT_THAT(error_of([&] { write_file("/dev/full", std::string(100, 'x')); }, Code::io), HasSubstr("No space left"));
}

TEST_F(ModelFile, LoadsBothKindsByContent) {
  const Graph g = small_network();
  export_onnx(g, path("model.bin"));
  write_file(path("model.onnx"), pack(g));  // the name says nothing
  for (const char* name : {"model.bin", "model.onnx"}) {
    const Graph read = load_model(path(name));
    verify(read);
    EXPECT_EQ(layers(read).size(), 2u) << name;
    EXPECT_EQ(*read.value(read.find_value("conv1.weight")).constant, *g.value(g.find_value("conv1.weight")).constant);
  }
}

TEST_F(ModelFile, SaysWhatAFileIsThatIsNoModel) {
  const auto says = [&](std::string_view content) {
    write_file(path("m"), content);
    return error_of([&] { load_model(path("m")); }, Code::invalid);
  };
  EXPECT_THAT(says(""), HasSubstr("is empty"));
  EXPECT_THAT(says("hello there\n"), HasSubstr("is a text file"));
  EXPECT_THAT(says("PK\x03\x04......"), HasSubstr("zip archive"));
  EXPECT_THAT(error_of([&] { load_model(path("none.onnx")); }, Code::invalid), HasSubstr("none.onnx: No such file"));
}

}  // namespace
}  // namespace pare
