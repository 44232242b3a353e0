// A trained LeNet-5, pruned and with shared weights, on every MNIST test image: ONNX Runtime answers as the engine
// does, with the weights written small and as plain floats.
#include <gtest/gtest.h>

#include "compress/runner.h"
#include "core/model_file.h"
#include "core/onnx/onnx.h"
#include "tests/support/graphs.h"
#include "tests/support/ort.h"
#include "tests/support/torch_engine.h"

namespace pare::testing {
namespace {

int64_t best_class(const Tensor& logits, int64_t row) {
  const auto values =
      logits.view<float>().subspan(static_cast<size_t>(row * logits.dim(1)), static_cast<size_t>(logits.dim(1)));
  return std::max_element(values.begin(), values.end()) - values.begin();
}

TEST(CompressedLeNet, AnswersInOnnxRuntimeAsInTheEngine) {
  const std::string shared = pare::test::shared_folder();
  if (shared.empty()) GTEST_SKIP() << "no shared data";
  PARE_NEED_ORT();
  const Recipe recipe = parse_recipe(
      "steps:\n  - prune_weights: {scope: global, sparsity: 0.9}\n  - share_weights: {bits: 5}\n  - pack: {}\n",
      "recipe.yaml");
  RunOptions options;
  const RunResult result =
      run_recipe(recipe, load_model(shared + "/models/lenet5_mnist_original.onnx"), options, Progress::quiet());
  const Graph& graph = result.rows.at(0).graph;

  Preprocessing preprocessing;
  preprocessing.scale = 1.0 / 256;
  preprocessing.order = "L";
  DataOptions data_options;
  data_options.preprocessing = preprocessing;
  const Data data = open_data("mnist:" + shared + "/data/mnist", data_options);
  Loader::Options whole;
  whole.batch = 10000;
  Loader loader(data.test, whole);
  Batch batch;
  ASSERT_TRUE(loader.next(batch));
  ASSERT_EQ(batch.size, 10000);

  const Tensor ours = engine().run(graph, batch.inputs).at(0);
  OrtBatch judge;
  for (const WeightStyle style : {WeightStyle::compact, WeightStyle::plain}) {
    ExportOptions as;
    as.weights = style;
    judge.add_bytes(serialize_onnx(graph, as), named_inputs(graph, batch.inputs));
  }
  for (const auto& outcome : judge.run()) {
    ASSERT_EQ(outcome.error, "");
    const Tensor& theirs = outcome.outputs.at(0);
    ASSERT_EQ(theirs.shape(), ours.shape());
    int64_t same = 0;
    float largest = 0;
    for (int64_t i = 0; i < 10000; ++i) same += best_class(ours, i) == best_class(theirs, i);
    for (size_t i = 0; i < ours.view<float>().size(); ++i)
      largest = std::max(largest, std::abs(ours.view<float>()[i] - theirs.view<float>()[i]));
    EXPECT_EQ(same, 10000);
    EXPECT_LE(largest, 1e-3F);
    RecordProperty("largest_difference", std::to_string(largest));
    std::printf("same class %ld of 10000, largest logit difference %.2g\n", static_cast<long>(same),
                static_cast<double>(largest));
  }
}

}  // namespace
}  // namespace pare::testing
