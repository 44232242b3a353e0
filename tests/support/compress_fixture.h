// A small job for tests of steps and of the runner: tiny images on disk, a small network, the toy engine.
#pragma once

#include <gtest/gtest.h>

#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>

#include "compress/runner.h"
#include "core/zoo/builder.h"
#include "tests/support/samples.h"
#include "tests/support/toy_engine.h"

namespace pare::testing {

class CompressTest : public ::testing::Test {
 protected:
  void SetUp() override {
    const auto* info = ::testing::UnitTest::GetInstance()->current_test_info();
    folder = (std::filesystem::exists("/dev/shm") ? "/dev/shm" : std::filesystem::temp_directory_path()) /
             ("pare-" + std::to_string(::getpid()) + "-" + info->name());
    std::filesystem::remove_all(folder);
    std::filesystem::create_directories(folder / "data");
    write_part("train", 40);
    write_part("t10k", 10);
  }
  void TearDown() override { std::filesystem::remove_all(folder); }

  std::string data() const { return "mnist:" + (folder / "data").string(); }
  std::string out(const std::string& name = "out") const { return (folder / name).string(); }
  // Three dense layers, 2,000 weights.
  static Graph network(int64_t size = 8, int64_t classes = 10) {
    Builder builder("small", 3, {.classes = classes, .channels = 1, .size = size});
    const ValueId flat = builder.apply(OpKind::flatten, "flatten", {builder.input()});
    const ValueId one = builder.apply(OpKind::relu, "relu1", {builder.fc("fc1", flat, 24, Init::lecun)});
    const ValueId two = builder.apply(OpKind::relu, "relu2", {builder.fc("fc2", one, 16, Init::lecun)});
    return builder.finish(builder.fc("fc3", two, classes, Init::lecun));
  }
  RunOptions options(const std::string& output = "") const {
    RunOptions result;
    result.output = output;
    result.data = data();
    result.model = "small";
    result.from_scratch = true;
    result.engine = [this]() -> std::shared_ptr<Engine> { return engine; };
    return result;
  }
  static std::string read(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }

  // The recipe's file has the same bytes when the run dies at any call of the engine (every third) and goes on.
  void expect_same_end_when_killed(const std::string& recipe) {
    const auto go = [&](const std::string& name, bool resume) {
      RunOptions how = options(out(name));
      how.resume = resume;
      return run_recipe(parse_recipe(recipe, "r.yaml"), network(), how, Progress::quiet());
    };
    go("whole", false);
    const int64_t calls = engine->calls;
    for (int64_t lives = 1; lives < calls; lives += 3) {
      const std::string name = "killed" + std::to_string(lives);
      *engine = ToyEngine();
      engine->lives = lives;
      EXPECT_THROW(go(name, false), Killed);
      *engine = ToyEngine();
      go(name, true);
      EXPECT_EQ(read(out(name) + "/model.pare"), read(out("whole") + "/model.pare")) << lives;
    }
  }

  std::filesystem::path folder;
  std::shared_ptr<ToyEngine> engine = std::make_shared<ToyEngine>();

 private:
  void write_part(const std::string& part, uint32_t count) const {
    std::string pixels, labels;
    for (uint32_t i = 0; i < count * 64; ++i) pixels.push_back(static_cast<char>(i * 37));
    for (uint32_t i = 0; i < count; ++i) labels.push_back(static_cast<char>(i % 10));
    std::ofstream(folder / "data" / (part + "-images-idx3-ubyte"), std::ios::binary)
        << test::idx({count, 8, 8}, pixels);
    std::ofstream(folder / "data" / (part + "-labels-idx1-ubyte"), std::ios::binary) << test::idx({count}, labels);
  }
};

inline const Value& weight_of(const Graph& graph, size_t layer) { return graph.value(layers(graph).at(layer).weight); }
inline double sparsity_of(const Value& value) {
  const auto view = value.constant->view<float>();
  return static_cast<double>(std::count(view.begin(), view.end(), 0.0F)) / static_cast<double>(view.size());
}

}  // namespace pare::testing
