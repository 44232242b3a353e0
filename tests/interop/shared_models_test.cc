// Networks that others trained and exported: import, export, and ONNX Runtime must not see a difference.
#include <gtest/gtest.h>

#include <filesystem>

#include "core/onnx/onnx.h"
#include "tests/support/ort.h"
#include "tests/support/shared_graphs.h"
#include "tests/support/torch_engine.h"

namespace pare::testing {
namespace {

namespace fs = std::filesystem;

void expect_same_outcome(const std::string& name, const std::string& source, double tolerance) {
  SCOPED_TRACE(name);
  const Graph graph = parse_onnx(source, name);
  const NamedTensors inputs = named_inputs(graph, draw_inputs(graph, 2));
  ImportOptions as_is;
  as_is.lift = false;
  OrtBatch batch;
  batch.add_bytes(source, inputs);
  batch.add_bytes(serialize_onnx(graph), inputs);
  batch.add_bytes(serialize_onnx(parse_onnx(source, name, as_is)), inputs);
  const auto outcomes = batch.run();
  for (const auto& o : outcomes) ASSERT_EQ(o.error, "");
  for (size_t variant = 1; variant < outcomes.size(); ++variant) {
    ASSERT_EQ(outcomes[variant].outputs.size(), outcomes[0].outputs.size());
    for (size_t i = 0; i < outcomes[0].outputs.size(); ++i) {
      EXPECT_LE(difference(outcomes[variant].outputs[i], outcomes[0].outputs[i]), tolerance)
          << (variant == 1 ? "lifted" : "as it was");
    }
  }
}

TEST(SharedModels, TrainedNetworksSurviveTheRoundTrip) {
  PARE_NEED_ORT();
  const std::string shared = pare::test::shared_folder();
  if (shared.empty()) GTEST_SKIP() << "no shared folder (PARE_SHARED)";
  for (const auto& entry : fs::directory_iterator(shared + "/models")) {
    if (entry.path().extension() != ".onnx" || entry.file_size() > 60'000'000) continue;
    expect_same_outcome(entry.path().filename().string(), pare::test::read_text(entry.path()), 1e-4);
  }
}

// Every graph: ONNX Runtime on the file as it came, our engine, and ONNX Runtime on what we export give the same.
class SharedGraphs : public ::testing::TestWithParam<std::string> {};

TEST_P(SharedGraphs, RunAsInOnnxRuntimeAndSurviveTheRoundTrip) {
  PARE_NEED_ORT();
  const std::string shared = pare::test::shared_folder();
  if (shared.empty()) GTEST_SKIP() << "no shared folder (PARE_SHARED)";
  const std::string source = shared_graph(shared, GetParam());
  const Graph graph = parse_onnx(source, GetParam());
  const std::vector<Tensor> inputs = draw_inputs(graph, 2);
  OrtBatch batch;
  batch.add_bytes(source, named_inputs(graph, inputs));
  batch.add_bytes(serialize_onnx(graph), named_inputs(graph, inputs));
  const auto outcomes = batch.run();
  for (const auto& o : outcomes) ASSERT_EQ(o.error, "");
  const std::vector<Tensor> ours = engine().run(graph, inputs);
  ASSERT_EQ(ours.size(), outcomes[0].outputs.size());
  for (size_t i = 0; i < ours.size(); ++i) {
    const Tensor& wanted = outcomes[0].outputs[i];
    double largest = 0;
    for (const float v : wanted.view<float>()) largest = std::max(largest, std::fabs(static_cast<double>(v)));
    ASSERT_GT(largest, 1e-6) << "the random weights say nothing";
    EXPECT_LE(difference(ours[i], wanted) / largest, 1e-3) << "engine, output " << i;
    EXPECT_LE(difference(outcomes[1].outputs[i], wanted) / largest, 1e-3) << "exported, output " << i;
  }
}
INSTANTIATE_TEST_SUITE_P(All, SharedGraphs, ::testing::ValuesIn(shared_graphs()),
                         [](const auto& test) { return test.param; });

}  // namespace
}  // namespace pare::testing
