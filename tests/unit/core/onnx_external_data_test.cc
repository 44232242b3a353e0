#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>

#include "core/error.h"
#include "core/model_file.h"
#include "tests/support/onnx_builder.h"
#include "tests/support/same_graph.h"

namespace pare::testing {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

class OnnxExternalData : public ::testing::Test {
 protected:
  void SetUp() override {
    root_ = fs::path(::testing::TempDir()) /
            ("pare_external_" + std::string(::testing::UnitTest::GetInstance()->current_test_info()->name()));
    fs::remove_all(root_);
    fs::create_directories(root_ / "model");
    const float values[] = {1, 2, 3, 4, 5, 6, 7, 8};
    for (const char* place : {"model/w.bin", "secret.bin"}) {
      std::ofstream(root_ / place, std::ios::binary).write(reinterpret_cast<const char*>(values), sizeof values);
    }
  }
  void TearDown() override { fs::remove_all(root_); }

  static Message<EntryField> entry(const std::string& key, const std::string& value) {
    return Message<EntryField>().text(EntryField::key, key).text(EntryField::value, value);
  }
  std::string write_model(const std::string& location, const std::string& offset, const std::string& length) {
    auto t = tensor("b", 1, {3})
                 .message(TensorField::external_data, entry("location", location))
                 .message(TensorField::external_data, entry("offset", offset));
    if (!length.empty()) t.message(TensorField::external_data, entry("length", length));
    t.integer(TensorField::data_location, 1);
    const auto m = model(
        small_graph().message(GraphField::node, node("Add", {"y", "b"}, {"z"})).message(GraphField::initializer, t));
    const std::string path = (root_ / "model/net.onnx").string();
    write_file(path, std::string_view(m.bytes));
    return path;
  }
  std::string error_of(const std::string& location, const std::string& offset = "0", const std::string& length = "12") {
    try {
      import_onnx(write_model(location, offset, length));
    } catch (const Error& e) {
      return e.what();
    }
    return "";
  }
  fs::path root_;
};

TEST_F(OnnxExternalData, IsReadBesideTheModel) {
  const Graph g = import_onnx(write_model("w.bin", "8", "12"));
  EXPECT_THAT(g.value(g.find_value("b")).constant->view<float>(), ElementsAre(3, 4, 5));
  EXPECT_EQ(error_of("w.bin", "20", ""), "");
}

TEST_F(OnnxExternalData, NeverLeavesTheFolder) {
  EXPECT_THAT(error_of("../secret.bin"), HasSubstr("leads out of the model's folder"));
  EXPECT_THAT(error_of("sub/../../secret.bin"), HasSubstr("leads out of the model's folder"));
  EXPECT_THAT(error_of((root_ / "secret.bin").string()), HasSubstr("absolute path"));
  fs::create_symlink("../secret.bin", root_ / "model/link.bin");
  EXPECT_THAT(error_of("link.bin"), HasSubstr("leads out of the model's folder"));
  EXPECT_THAT(error_of(""), HasSubstr("no usable location"));
  EXPECT_THAT(error_of("."), HasSubstr("is not a file"));
}

TEST_F(OnnxExternalData, ChecksOffsetAndLength) {
  EXPECT_THAT(error_of("w.bin", "24", "12"), HasSubstr("has 32 bytes; bytes 24 to 36 are needed"));
  EXPECT_THAT(error_of("w.bin", "0", "8"), HasSubstr("the tensor has 12 bytes, the model says 8"));
  EXPECT_THAT(error_of("w.bin", "-4", "12"), HasSubstr("offset '-4'"));
  EXPECT_THAT(error_of("w.bin", "18446744073709551615", "12"), HasSubstr("are needed"));
  EXPECT_THAT(error_of("none.bin"), HasSubstr("external data 'none.bin'"));
}

TEST_F(OnnxExternalData, IsRefusedForAModelInMemory) {
  const std::string path = write_model("w.bin", "0", "12");
  const auto bytes = read_file(path);
  EXPECT_THROW(parse_onnx({reinterpret_cast<const char*>(bytes.data()), bytes.size()}, "net.onnx"), Error);
}

TEST_F(OnnxExternalData, IsWrittenForLargeTensors) {
  std::vector<float> values(1000);
  for (size_t i = 0; i < values.size(); ++i) values[i] = static_cast<float>(i);
  const Graph g = parse(model(small_graph()
                                  .message(GraphField::node, node("Add", {"y", "b"}, {"z"}))
                                  .message(GraphField::initializer, floats("b", {1000, 1}, values))));
  ExportOptions options;
  options.external_data = true;
  const std::string path = (root_ / "model/out.onnx").string();
  export_onnx(g, path, options);
  EXPECT_EQ(fs::file_size(path + ".data"), 4000u);
  EXPECT_LT(fs::file_size(path), 1000u);
  expect_same_graph(import_onnx(path), g);
}

// Large tensors point into the mapped files, so these must outlive everything that happens to the paths.
TEST_F(OnnxExternalData, MappedTensorsOutliveTheirFiles) {
  std::vector<float> values(5000);
  for (size_t i = 0; i < values.size(); ++i) values[i] = static_cast<float>(i);
  const Graph g = parse(model(small_graph()
                                  .message(GraphField::node, node("Add", {"y", "b"}, {"z"}))
                                  .message(GraphField::initializer, floats("b", {5000, 1}, values))));
  const std::string path = (root_ / "model/out.onnx").string();
  export_onnx(g, path, {.external_data = true});
  Graph mapped = import_onnx(path);
  export_onnx(mapped, path, {.external_data = true});  // over the files it lies in
  expect_same_graph(import_onnx(path), g);
  fs::remove_all(root_);
  expect_same_graph(mapped, g);
  Tensor& b = *mapped.value(mapped.find_value("b")).constant;
  b.edit<float>()[0] = 7;  // copies: the mapping cannot be written
  EXPECT_EQ(b.view<float>()[0], 7);
}

}  // namespace
}  // namespace pare::testing
