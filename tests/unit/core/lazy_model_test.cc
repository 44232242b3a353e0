#include "core/pack/lazy_model.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>

#include "core/edit.h"
#include "core/error.h"
#include "core/model_file.h"
#include "core/onnx/onnx.h"
#include "core/pack/pack.h"

namespace pare {
namespace {

namespace fs = std::filesystem;

class LazyModels : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = fs::temp_directory_path() / fmt::format("pare_lazy_{}", ::getpid());
    fs::create_directories(folder_);
    graph_.next_symbol = 2;
    ValueId x = add_input(graph_, "x", DType::f32, {Dim(1, 1), 700});
    for (const int64_t columns : {700, 800, 3}) {
      const auto rows = graph_.value(x).dims->back().factor;
      std::vector<float> weights(static_cast<size_t>(rows * columns));
      for (size_t i = 0; i < weights.size(); ++i) weights[i] = static_cast<float>(i % 1001) * 0.001F;
      const ValueId w = add_constant(graph_, fmt::format("w{}", columns), Tensor::of<float>({rows, columns}, weights));
      x = append(graph_, OpKind::matmul, fmt::format("y{}", columns), {x, w});
      graph_.value(x).dims = Dims{Dim(1, 1), columns};
    }
    graph_.outputs = {x};
    pack_file(graph_, path("a.pare"));
  }
  void TearDown() override { fs::remove_all(folder_); }
  std::string path(const char* name) const { return (folder_ / name).string(); }

  fs::path folder_;
  Graph graph_;
};

TEST_F(LazyModels, LargeTensorsAreDecodedWhenTheyAreAskedFor) {
  const LazyModel model(path("a.pare"));
  const Graph& g = model.graph();
  const Tensor &large = *g.value(g.find_value("w700")).constant, &small = *g.value(g.find_value("w3")).constant;
  EXPECT_EQ(large.view<float>()[5], 0);
  EXPECT_EQ(model.whole(large), *graph_.value(graph_.find_value("w700")).constant);
  EXPECT_EQ(small, *graph_.value(graph_.find_value("w3")).constant);
  EXPECT_EQ(model.whole(small), small);
}

TEST_F(LazyModels, ExportGivesTheSameFiles) {
  for (const bool external : {false, true}) {
    ExportOptions options{.external_data = external};
    export_onnx(load_model_as_is(path("a.pare")), path("whole.onnx"), options);
    const LazyModel model(path("a.pare"));
    ASSERT_TRUE(written_as_it_is(model.graph(), options));
    options.whole = [&](const Tensor& constant) { return model.whole(constant); };
    export_onnx(model.graph(), path("lazy.onnx"), options);
    if (!external)
      EXPECT_EQ(read_file(path("whole.onnx")), read_file(path("lazy.onnx")));
    else
      EXPECT_EQ(read_file(path("whole.onnx.data")), read_file(path("lazy.onnx.data")));
  }
}

TEST_F(LazyModels, DamageThatIsFoundWhileWritingLeavesNoFile) {
  auto bytes = read_file(path("a.pare"));
  bytes[bytes.size() / 2] ^= std::byte{1};
  write_file(path("damaged.pare"), bytes);
  const LazyModel model(path("damaged.pare"));
  for (const bool external : {false, true}) {
    ExportOptions options{.external_data = external};
    options.whole = [&](const Tensor& constant) { return model.whole(constant); };
    EXPECT_THROW(export_onnx(model.graph(), path("lazy.onnx"), options), Error);
    EXPECT_EQ(std::distance(fs::directory_iterator(folder_), fs::directory_iterator()), 2);
  }
}

TEST_F(LazyModels, AnotherOpsetNeedsTheTensors) {
  const LazyModel model(path("a.pare"));
  ExportOptions options{.opset = 13};
  EXPECT_FALSE(written_as_it_is(model.graph(), options));
  options.whole = [&](const Tensor& constant) { return model.whole(constant); };
  EXPECT_THROW(export_onnx(model.graph(), path("lazy.onnx"), options), Error);
}

}  // namespace
}  // namespace pare
