// A small job for tests of steps and of the runner: tiny images on disk, a small network, the toy engine.
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <memory>
#include <string>

#include "compress/runner.h"
#include "core/zoo/zoo.h"
#include "tests/support/samples.h"
#include "tests/support/toy_engine.h"

namespace pare::testing {

class CompressTest : public ::testing::Test {
 protected:
  void SetUp() override {
    const auto* info = ::testing::UnitTest::GetInstance()->current_test_info();
    folder = std::filesystem::temp_directory_path() / ("pare-" + std::to_string(::getpid()) + "-" + info->name());
    std::filesystem::remove_all(folder);
    std::filesystem::create_directories(folder / "data");
    write_part("train", 40);
    write_part("t10k", 10);
  }
  void TearDown() override { std::filesystem::remove_all(folder); }

  std::string data() const { return "mnist:" + (folder / "data").string(); }
  std::string out(const std::string& name = "out") const { return (folder / name).string(); }
  static Graph network() {
    Param options = Param::map();
    options.set("size", Param::text("8"));
    return build("lenet-300-100", options, 3);
  }
  RunOptions options(const std::string& output = "") const {
    RunOptions result;
    result.output = output;
    result.data = data();
    result.model = "lenet-300-100";
    result.from_scratch = true;
    result.engine = [this]() -> std::shared_ptr<Engine> { return engine; };
    return result;
  }
  static std::string read(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }

  std::filesystem::path folder;
  std::shared_ptr<ToyEngine> engine = std::make_shared<ToyEngine>();

 private:
  void write_part(const std::string& part, uint32_t count) const {
    std::string pixels, labels;
    for (uint32_t i = 0; i < count * 64; ++i) pixels.push_back(static_cast<char>(i * 37));
    for (uint32_t i = 0; i < count; ++i) labels.push_back(static_cast<char>(i % 10));
    std::ofstream(folder / "data" / (part + "-images-idx3-ubyte"), std::ios::binary) << test::idx({count, 8, 8}, pixels);
    std::ofstream(folder / "data" / (part + "-labels-idx1-ubyte"), std::ios::binary) << test::idx({count}, labels);
  }
};

inline const Value& weight_of(const Graph& graph, size_t layer) { return graph.value(layers(graph).at(layer).weight); }
inline double sparsity_of(const Value& value) {
  const auto view = value.constant->view<float>();
  return static_cast<double>(std::count(view.begin(), view.end(), 0.0F)) / static_cast<double>(view.size());
}

}  // namespace pare::testing
