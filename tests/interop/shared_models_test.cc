// Networks that others trained and exported: import, export, and ONNX Runtime must not see a difference.
#include <gtest/gtest.h>
#include <zlib.h>

#include <filesystem>

#include "core/onnx/onnx.h"
#include "core/random.h"
#include "tests/support/graphs.h"
#include "tests/support/ort.h"

namespace pare::testing {
namespace {

namespace fs = std::filesystem;

// Symbolic dimensions become `batch`.
std::vector<Tensor> draw_inputs(const Graph& graph, int64_t batch) {
  Random random({7});
  std::vector<Tensor> inputs;
  for (const ValueId id : graph.inputs) {
    Shape shape;
    for (const Dim& d : *graph.value(id).dims) shape.push_back(d.known() ? d.factor : batch);
    inputs.push_back(random_floats(shape, random));
  }
  return inputs;
}

std::string read_gz(const fs::path& path) {
  std::string bytes;
  gzFile file = gzopen(path.c_str(), "rb");
  char buffer[1 << 16];
  for (int n; (n = gzread(file, buffer, sizeof buffer)) > 0;) bytes.append(buffer, static_cast<size_t>(n));
  gzclose(file);
  return bytes;
}

// The files hold zeros for large weights; small random numbers take their place.
std::string with_weights(const std::string& source, const std::string& name) {
  ImportOptions as_is;
  as_is.lift = false;
  Graph graph = parse_onnx(source, name, as_is);
  Random random({8});
  for (Value& value : graph.values) {
    if (!value.constant || value.dtype != DType::f32 || value.constant->size() <= 64) continue;
    for (float& w : value.constant->edit<float>()) w = static_cast<float>(random.uniform(-0.1, 0.1));
  }
  return serialize_onnx(graph);
}

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
    if (entry.path().extension() != ".onnx" || entry.file_size() > 6'000'000) continue;
    expect_same_outcome(entry.path().filename().string(), pare::test::read_text(entry.path()), 1e-4);
  }
}

TEST(SharedModels, GraphsOfLargeNetworksSurviveTheRoundTrip) {
  PARE_NEED_ORT();
  const std::string shared = pare::test::shared_folder();
  if (shared.empty()) GTEST_SKIP() << "no shared folder (PARE_SHARED)";
  for (const char* name : {"shufflenet_v2_x0_5", "mnasnet0_5", "lraspp_mobilenet_v3_large", "swin_t"}) {
    expect_same_outcome(
        name, with_weights(read_gz(fs::path(shared) / "models/graphs" / (std::string(name) + ".onnx.gz")), name), 1e-4);
  }
}

}  // namespace
}  // namespace pare::testing
