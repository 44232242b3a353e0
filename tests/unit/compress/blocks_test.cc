// Whole residual blocks that go, and fresh weights for what earlier steps cut.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <set>

#include "core/blocks.h"
#include "core/cost.h"
#include "core/edit.h"
#include "core/error.h"
#include "core/zoo/zoo.h"
#include "tests/support/compress_fixture.h"
#include "tests/support/graphs.h"
#include "tests/support/running_engine.h"

namespace pare {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using testing::weight_of;

// Four residual blocks of a convolution and a norm each, the third with stride 2 and a shortcut of its own.
Graph residual_network() {
  Builder b("res", 3, {.classes = 10, .channels = 1, .size = 8});
  const ConvOptions same{.kernel = 3, .pad = 1};
  ValueId x = b.relu("relu0", b.conv_norm("conv0", "norm0", b.input(), 4, same));
  for (const char* n : {"1", "2"}) {
    const std::string name = n;
    const ValueId y = b.conv_norm("conv" + name, "norm" + name, x, 4, same);
    x = b.relu("relu" + name, b.apply(OpKind::add, "add" + name, {y, x}));
  }
  const ValueId y = b.conv_norm("conv3", "norm3", x, 8, {.kernel = 3, .stride = 2, .pad = 1});
  const ValueId shortcut = b.conv_norm("shortcut", "shortcut_norm", x, 8, {.kernel = 1, .stride = 2});
  x = b.relu("relu3", b.apply(OpKind::add, "add3", {y, shortcut}));
  x = b.relu("relu4", b.apply(OpKind::add, "add4", {x, b.conv_norm("conv4", "norm4", x, 8, same)}));
  return b.finish(b.fc("fc", b.global_pool("pool", x), 10, Init::glorot));
}

std::vector<std::string> names(const Graph& graph) {
  std::vector<std::string> result;
  for (const ResidualBlock& block : residual_blocks(graph)) result.push_back(graph.node(block.add).name);
  return result;
}

TEST(ResidualBlocks, NeverThoseThatChangeTheSize) {
  EXPECT_THAT(names(residual_network()), ElementsAre("add1", "add2", "add4"));
  const Graph resnet = build("resnet20");
  EXPECT_EQ(residual_blocks(resnet).size(), 7U);  // of 9, two halve the maps
  for (const ResidualBlock& block : residual_blocks(resnet)) EXPECT_EQ(block.layers.size(), 2U);
}

TEST(ResidualBlocks, AttentionAndPerceptronsOfTransformers) {
  const Graph vit = build("vit-tiny");
  const auto blocks = residual_blocks(vit);
  EXPECT_EQ(blocks.size(), 24U);
}

TEST(ResidualBlocks, WithoutABlockIsAsIfItGaveZero) {
  Random random(2);
  const Tensor x = testing::random_floats({2, 1, 8, 8}, random);
  testing::SlowEngine engine;
  for (size_t i = 0; i < 3; ++i) {
    Graph silent = residual_network(), without = silent;
    const ResidualBlock block = residual_blocks(silent)[i];
    const Node& norm = silent.node(silent.value(block.branch).producer);
    for (const size_t input : {size_t{1}, size_t{2}})
      for (float& v : silent.value(norm.inputs[input]).constant->edit<float>()) v = 0;
    remove_block(without, residual_blocks(without)[i]);
    verify(without);
    EXPECT_EQ(layers(without).size(), layers(silent).size() - 1);
    const Tensor a = engine.run(silent, {{x}}, {})[0], b = engine.run(without, {{x}}, {})[0];
    for (size_t k = 0; k < a.view<float>().size(); ++k) EXPECT_NEAR(a.view<float>()[k], b.view<float>()[k], 1e-5);
  }
}

class PruneBlocks : public testing::CompressTest {
 protected:
  PruneBlocks() { engine = std::make_shared<testing::RunningEngine>(); }
  RowResult run(const std::string& steps, Graph start = residual_network(), bool with_data = true) {
    RunOptions how = options();
    if (!with_data) how.data.clear();
    return run_recipe(parse_recipe("steps:\n" + steps, "test.yaml"), std::move(start), how, Progress::quiet())
        .rows.at(0);
  }
  // `name` matters least.
  static Graph with_weak(const std::string& name) {
    Graph graph = residual_network();
    for (const Layer& layer : layers(graph)) {
      if (layer.name == name)
        for (float& w : graph.value(layer.weight).constant->edit<float>()) w *= 1e-4F;
    }
    return graph;
  }
};

TEST_F(PruneBlocks, EveryCriterionFindsTheBlockThatDoesNothing) {
  for (const std::string criterion : {"l1", "taylor", "norm", "loss"}) {
    Graph start = with_weak("conv2");
    if (criterion == "norm") {  // of what the block gives, not of its weights
      const Node& norm = start.node(testing::find_node(start, "norm2"));
      for (const size_t input : {size_t{1}, size_t{2}})
        for (float& v : start.value(norm.inputs[input]).constant->edit<float>()) v *= 1e-3F;
    }
    const RowResult row =
        run("  - prune_blocks: {count: 1, norm_batches: 0, calibration: 1, criterion: " + criterion + "}\n", start);
    EXPECT_THAT(names(row.graph), ElementsAre("add1", "add4")) << criterion;
    const auto details = row.report["steps"][0]["details"];
    EXPECT_EQ(details["removed"][0]["sum"], "add2");
    EXPECT_EQ(details["removed"][0]["layers"][0], "conv2");
    EXPECT_EQ(details["blocks"]["after"], 2);
    EXPECT_EQ(details["macs"]["after"], cost(row.graph).macs);
  }
}

TEST_F(PruneBlocks, NeedsNoDataForWeightsAlone) {
  const RowResult row = run("  - prune_blocks: {ratio: 0.67}\n", with_weak("conv4"), false);
  EXPECT_EQ(names(row.graph).size(), 1U);
  EXPECT_EQ(engine->calls, 0);
  EXPECT_THROW(run("  - prune_blocks: {count: 1, criterion: loss}\n", residual_network(), false), Error);
}

TEST_F(PruneBlocks, OnlyChosenBlocksAndThenTraining) {
  const RowResult row = run("  - prune_blocks: {count: 1, exclude: [conv2], epochs: 2}\n", with_weak("conv2"));
  EXPECT_THAT(names(row.graph), ::testing::Contains("add2"));
  EXPECT_EQ(row.report["steps"][0]["history"].size(), 2U);
  const RowResult other = run("  - prune_blocks: {count: 1, layers: [conv4]}\n", with_weak("conv2"));
  EXPECT_THAT(names(other.graph), ElementsAre("add1", "add2"));
}

TEST_F(PruneBlocks, NoneIsTheShareZero) {
  const RowResult row = run("  - prune_blocks: {ratio: 0}\n", residual_network(), false);
  EXPECT_THAT(names(row.graph), ElementsAre("add1", "add2", "add4"));
}

TEST_F(PruneBlocks, NeverBySomethingThatIsNoNumber) {
  Graph start = residual_network();
  start.value(layers(start)[1].weight).constant->edit<float>()[0] = std::nanf("");
  EXPECT_THROW(run("  - prune_blocks: {count: 1}\n", start, false), Error);
  // Without the first block, the loss is no number: that one has to stay.
  struct Broken : testing::RunningEngine {
    Evaluation evaluate(const Graph& graph, const Dataset&, const EvaluateOptions&, Progress&) override {
      Evaluation result;
      result.loss = testing::find_node(graph, "add1") == kNoNode ? std::nan("") : 1.0;
      return result;
    }
  };
  engine = std::make_shared<Broken>();
  const RowResult row = run("  - prune_blocks: {count: 1, criterion: loss, norm_batches: 0}\n");
  EXPECT_THAT(names(row.graph), ::testing::Contains("add1"));
}

TEST_F(PruneBlocks, ACutOfNothingLeavesNormsAsTheyWere) {
  const Graph start = residual_network();
  const RowResult row = run("  - prune_channels: {ratio: 0, unused: false}\n", start);
  const auto statistics = [](const Graph& graph) {
    std::vector<float> result;
    for (const Node& node : graph.nodes) {
      if (node.op != OpKind::batch_normalization) continue;
      for (const size_t input : {size_t{3}, size_t{4}})
        for (const float v : graph.constant_input(node, input)->view<float>()) result.push_back(v);
    }
    return result;
  };
  EXPECT_EQ(statistics(row.graph), statistics(start));
  EXPECT_NE(statistics(run("  - prune_channels: {ratio: 0.5}\n", start).graph), statistics(start));
}

TEST_F(PruneBlocks, SaysWhatItCannotDo) {
  const auto message = [&](const std::string& steps, const Graph& start) -> std::string {
    try {
      run(steps, start, false);
    } catch (const Error& e) {
      return e.what();
    }
    return "";
  };
  EXPECT_THAT(message("  - prune_blocks: {count: 1}\n", network()), HasSubstr("no residual block"));
  EXPECT_THAT(message("  - prune_blocks: {count: 4}\n", residual_network()), HasSubstr("only 3 can"));
  EXPECT_THAT(message("  - prune_blocks: {count: 2, ratio: 0.5}\n", residual_network()),
              HasSubstr("either `count`, or `ratio`"));
  EXPECT_THAT(message("  - prune_blocks: {count: 4}\n", residual_network()),
              Not(HasSubstr("prune_blocks: prune_blocks")));
}

TEST_F(PruneBlocks, OneGoesWhereNothingIsSaid) {
  const auto left = [&](const std::string& options) {
    return residual_blocks(run("  - prune_blocks: " + options + "\n", residual_network(), false).graph).size();
  };
  EXPECT_EQ(left("{}"), 2U);
  EXPECT_EQ(left("{ratio: 0}"), 3U);
}

class Reinitialize : public PruneBlocks {};

TEST_F(Reinitialize, GivesTheCutShapeFreshWeights) {
  const std::string cut = "  - prune_channels: {ratio: 0.5, norm_batches: 0}\n";
  const RowResult kept = run(cut), fresh = run(cut + "  - reinitialize: {}\n");
  ASSERT_EQ(layers(kept.graph).size(), layers(fresh.graph).size());
  for (size_t l = 0; l < layers(kept.graph).size(); ++l) {
    const Tensor &was = *weight_of(kept.graph, l).constant, &is = *weight_of(fresh.graph, l).constant;
    EXPECT_EQ(was.shape(), is.shape());
    const auto a = was.view<float>(), b = is.view<float>();
    for (size_t i = 0; i < a.size(); ++i) EXPECT_NE(a[i], b[i]);
    const auto fan_in = static_cast<double>(is.size() / is.dim(0));
    float most = 0;
    for (const float w : b) most = std::max(most, std::fabs(w));
    EXPECT_LE(most, std::sqrt(6 / fan_in));
    EXPECT_GT(most, 0.3 * std::sqrt(6 / fan_in));
  }
}

TEST_F(Reinitialize, ResetsNormsAndBiases) {
  Graph start = residual_network();
  for (Value& value : start.values)
    if (value.constant && value.constant->dtype() == DType::f32)
      for (float& v : value.constant->edit<float>()) v = 0.75F;
  const RowResult row = run("  - reinitialize: {}\n", start, false);
  for (const Node& node : row.graph.nodes) {
    if (node.op != OpKind::batch_normalization) continue;
    for (size_t input = 1; input < 5; ++input)
      for (const float v : row.graph.constant_input(node, input)->view<float>())
        EXPECT_EQ(v, input == 1 || input == 4 ? 1 : 0);
  }
  const Layer fc = layers(row.graph).back();
  for (const float b : row.graph.value(fc.bias).constant->view<float>()) EXPECT_EQ(b, 0);
}

TEST_F(Reinitialize, FollowsTheSeedAndKeepsMasksAndOtherLayers) {
  const auto weights = [&](const std::string& steps, uint64_t seed) {
    RunOptions how;
    how.seed = seed;
    const Recipe recipe = parse_recipe("steps:\n  - prune_weights: {sparsity: 0.5}\n" + steps, "r");
    return run_recipe(recipe, network(), how, Progress::quiet()).rows.at(0).graph;
  };
  const std::string all = "  - reinitialize: {}\n";
  EXPECT_EQ(*weight_of(weights(all, 1), 0).constant, *weight_of(weights(all, 1), 0).constant);
  EXPECT_FALSE(*weight_of(weights(all, 1), 0).constant == *weight_of(weights(all, 2), 0).constant);
  const Graph before = weights("", 1), after = weights("  - reinitialize: {exclude: [last]}\n", 1);
  EXPECT_EQ(*weight_of(before, 2).constant, *weight_of(after, 2).constant);
  const Value& weight = weight_of(after, 0);
  EXPECT_EQ(*weight.encoding.mask, *weight_of(before, 0).encoding.mask);
  for (size_t i = 0; i < weight.encoding.mask->size(); ++i)
    EXPECT_EQ(weight.constant->view<float>()[i] != 0, (*weight.encoding.mask)[i]);
  EXPECT_THROW(weights("  - share_weights: {bits: 4}\n  - reinitialize: {}\n", 1), Error);
}

}  // namespace
}  // namespace pare
