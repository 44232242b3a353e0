// Half of the channels of published architectures: what is left gives the outputs of the masked network in ONNX
// Runtime, and the ONNX checker accepts it.
#include <gtest/gtest.h>

#include <cmath>

#include "core/channels/channels.h"
#include "core/edit.h"
#include "core/onnx/onnx.h"
#include "tests/support/masked_twin.h"
#include "tests/support/ort.h"
#include "tests/support/shared_graphs.h"

namespace pare::testing {
namespace {

// Of each group the channels with odd numbers, so that what stays lies apart.
std::vector<bool> half(const Channels& channels) {
  std::vector<bool> removed(channels.size(), false);
  for (const ChannelGroup& group : channels.groups())
    for (size_t c = 1; c < group.channels.size(); c += 2) removed[group.channels[c]] = true;
  return removed;
}

class PrunedGraphs : public ::testing::TestWithParam<std::string> {};

TEST_P(PrunedGraphs, EqualTheMaskedOnesInOnnxRuntime) {
  PARE_NEED_ORT();
  const std::string shared = pare::test::shared_folder();
  if (shared.empty()) GTEST_SKIP() << "no shared folder (PARE_SHARED)";
  Graph graph = parse_onnx(shared_graph(shared, GetParam()), GetParam());
  const NamedTensors inputs = named_inputs(graph, draw_inputs(graph, 1));
  expose_channels(graph);
  infer_shapes(graph);
  const Channels channels = Channels::find(graph);
  EXPECT_TRUE(channels.held_back().empty());
  const std::vector<bool> removed = half(channels);
  const auto parameters = [](const Graph& g) {
    int64_t count = 0;
    for (const Value& value : g.values) count += value.constant && is_float(value.dtype) ? value.constant->size() : 0;
    return count;
  };
  Graph cut = graph;
  remove_channels(cut, channels, removed);
  EXPECT_LT(parameters(cut), parameters(graph) / 2);
  OrtBatch batch;
  batch.add_bytes(serialize_onnx(masked_twin(graph, channels, removed)), inputs);
  batch.add_bytes(serialize_onnx(cut), inputs);
  const auto outcomes = batch.run();
  for (const auto& o : outcomes) ASSERT_EQ(o.error, "");
  for (size_t i = 0; i < outcomes[0].outputs.size(); ++i) {
    const Tensor& wanted = outcomes[0].outputs[i];
    ASSERT_EQ(wanted.shape(), outcomes[1].outputs[i].shape());
    double largest = 0;
    for (const float v : wanted.view<float>()) largest = std::max(largest, std::fabs(static_cast<double>(v)));
    ASSERT_GT(largest, 1e-6) << "the random weights say nothing";
    EXPECT_LE(difference(outcomes[1].outputs[i], wanted) / largest, 1e-4) << "output " << i;
  }
  const pare::test::TempFolder folder;
  const std::string path = folder / "cut.onnx";
  export_onnx(cut, path);
  const Findings findings = check_onnx({path});
  EXPECT_TRUE(findings.status == 0 || findings.status == 77) << findings.text;
}
INSTANTIATE_TEST_SUITE_P(All, PrunedGraphs, ::testing::ValuesIn(shared_graphs()),
                         [](const auto& test) { return test.param; });

}  // namespace
}  // namespace pare::testing
