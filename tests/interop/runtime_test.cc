// The engine against ONNX Runtime: the same numbers from the graph here and from its export there.
#include <gtest/gtest.h>

#include "core/onnx/onnx.h"
#include "core/zoo/zoo.h"
#include "tests/support/op_cases.h"
#include "tests/support/ort.h"
#include "train/engine.h"

namespace pare::testing {
namespace {

Engine& engine() {
  static const std::shared_ptr<Engine> opened = open_engine({.device = "cpu"});
  return *opened;
}

// Exports collected first, then run by one process.
class Comparison {
 public:
  void add(const std::string& name, const Graph& graph, const std::vector<Tensor>& inputs,
           const ExportOptions& options = {}) {
    SCOPED_TRACE(name);
    std::string model;
    try {
      model = serialize_onnx(graph, options);
    } catch (const Error& e) {
      if (e.code() == Code::unsupported) return;  // this opset cannot say it; checker_test knows which
      ADD_FAILURE() << e.what();
      return;
    }
    names_.push_back(name);
    expected_.push_back(engine().run(graph, inputs));
    batch_.add_bytes(model, named_inputs(graph, inputs));
  }
  void expect_same(double tolerance) {
    const auto outcomes = batch_.run();
    for (size_t i = 0; i < names_.size(); ++i) {
      SCOPED_TRACE(names_[i]);
      EXPECT_EQ(outcomes[i].error, "");
      if (!outcomes[i].error.empty()) continue;
      ASSERT_EQ(outcomes[i].outputs.size(), expected_[i].size());
      for (size_t k = 0; k < expected_[i].size(); ++k)
        EXPECT_LE(difference(outcomes[i].outputs[k], expected_[i][k]), tolerance) << "output " << k;
    }
  }

 private:
  OrtBatch batch_;
  std::vector<std::string> names_;
  std::vector<std::vector<Tensor>> expected_;
};

Tensor image_for(const Graph& graph, int64_t samples) {
  Shape shape;
  for (const Dim& d : *graph.value(graph.inputs[0]).dims) shape.push_back(d.known() ? d.factor : samples);
  Random random({3});
  return random_floats(shape, random, 0, 1);
}

class RuntimeOps : public ::testing::TestWithParam<int64_t> {};

TEST_P(RuntimeOps, ComputesEveryOpAsTheEngineDoes) {
  PARE_NEED_ORT();
  ExportOptions options;
  options.opset = GetParam();
  Comparison comparison;
  for (const OpCase& c : op_cases()) comparison.add(c.name, c.graph, c.inputs, options);
  comparison.expect_same(1e-5);
}
INSTANTIATE_TEST_SUITE_P(Opsets, RuntimeOps, ::testing::Values(11, 13, 17, 18, 20, 21));

TEST(Runtime, ComputesTheZooAsTheEngineDoes) {
  PARE_NEED_ORT();
  Comparison comparison;
  for (const Architecture* a : architecture_list()) {
    if (a->parameters > 2'000'000) continue;
    const Graph graph = build(a->name, Param::map(), 1);
    comparison.add(std::string(a->name), graph, {image_for(graph, 2)});
  }
  comparison.expect_same(1e-4);
}

// Weights on a grid and activations on another: every way of writing them must give what the engine computes.
TEST(Runtime, ComputesCompressedNetworksAsTheEngineDoes) {
  PARE_NEED_ORT();
  Comparison comparison;
  const auto grid_of = [](GridKind kind, int64_t channels) {
    Grid grid;
    grid.kind = kind;
    grid.bits = 4;
    if (kind == GridKind::codebook) {
      grid.is_signed = false;
      for (int i = 0; i < 16; ++i) grid.codebook.push_back(0.03F * static_cast<float>(i - 8));
    } else if (kind == GridKind::power_of_two) {
      grid.scale = {0.2F};
    } else {
      grid.axis = 0;
      for (int64_t c = 0; c < channels; ++c) grid.scale.push_back(0.01F + 0.001F * static_cast<float>(c));
    }
    return grid;
  };
  for (const GridKind kind : {GridKind::affine, GridKind::codebook, GridKind::power_of_two}) {
    Graph graph = build("lenet5-caffe", Param::map(), 1);
    for (const Layer& layer : layers(graph)) {
      Value& weight = graph.value(layer.weight);
      const Grid grid = grid_of(kind, weight.constant->dim(0));
      Tensor levels(DType::i32, weight.constant->shape());
      auto out = levels.edit<int32_t>();
      const int64_t range = grid.highest() - grid.lowest() + 1;
      for (size_t i = 0; i < out.size(); ++i)
        out[i] = static_cast<int32_t>(grid.lowest() + static_cast<int64_t>(i * 7919) % range);
      weight.constant = take(dequantize(grid, levels, weight.constant->shape()), weight.name);
      weight.encoding.grid = grid;
      weight.encoding.levels = levels;
    }
    const Tensor image = image_for(graph, 3);
    ExportOptions plain;
    plain.weights = WeightStyle::plain;
    const std::string name = "kind " + std::to_string(static_cast<int>(kind));
    comparison.add(name + " compact", graph, {image});
    comparison.add(name + " plain", graph, {image}, plain);
    EXPECT_LT(serialize_onnx(graph).size() * 3, serialize_onnx(graph, plain).size()) << name;
  }
  comparison.expect_same(1e-4);
}

}  // namespace
}  // namespace pare::testing
