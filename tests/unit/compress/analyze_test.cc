// What `pare analyze` says of networks of which it is known.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "compress/analyze/sensitivity.h"
#include "compress/analyze/structure.h"
#include "compress/analyze/tables.h"
#include "core/cost.h"
#include "core/error.h"
#include "core/rank.h"
#include "tests/support/compress_fixture.h"
#include "tests/support/graphs.h"
#include "tests/support/memory_dataset.h"

namespace pare {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class Analyze : public testing::CompressTest {};

TEST_F(Analyze, LayersHaveTheirCostsAndGroupsTheirChannels) {
  const Graph graph = network();
  const auto analysis = analyze_structure(graph);
  EXPECT_EQ(analysis["macs"], cost(graph).macs);
  ASSERT_EQ(analysis["layers"].size(), 3U);
  int64_t macs = 0;
  for (const auto& layer : analysis["layers"]) macs += layer["macs"].get<int64_t>();
  EXPECT_EQ(macs, analysis["macs"].get<int64_t>());
  EXPECT_EQ(analysis["layers"][0]["rank"], 24);
  EXPECT_GT(analysis["layers"][0]["bytes"].get<int64_t>(), 0);
  ASSERT_EQ(analysis["groups"].size(), 2U);
  EXPECT_EQ(analysis["groups"][0]["name"], "fc1");
  EXPECT_EQ(analysis["groups"][0]["channels"], 24);
  EXPECT_EQ(analysis["groups"][0]["dead"], 0);
  EXPECT_THAT(analysis_to_text(analysis), HasSubstr("fc2"));
}

TEST_F(Analyze, FindsDuplicates) {
  Graph graph = network();
  const Layer layer = layers(graph)[0];
  Tensor& weight = *graph.value(layer.weight).constant;
  const bool rows = graph.node(layer.node).attributes.integer("transB", 0) != 0;
  const auto w = weight.edit<float>();
  const auto columns = static_cast<size_t>(weight.dim(1));
  const size_t inputs = static_cast<size_t>(weight.dim(rows ? 1 : 0));
  for (size_t i = 0; i < inputs; ++i)
    (rows ? w[5 * columns + i] : w[i * columns + 5]) = (rows ? w[2 * columns + i] : w[i * columns + 2]);
  const auto bias = graph.value(layer.bias).constant->edit<float>();
  bias[5] = bias[2];
  const Channels channels = Channels::find(graph);
  const std::vector<bool> duplicate = duplicate_channels(graph, channels);
  for (size_t c = 0; c < 24; ++c) EXPECT_EQ(duplicate[channels.groups()[0].channels[c]], c == 5) << c;
  const auto analysis = analyze_structure(graph);
  EXPECT_EQ(analysis["layers"][0]["rank"], 23);
  EXPECT_EQ(analysis["groups"][0]["duplicate"], 1);
  EXPECT_EQ(analysis["groups"][0]["indices"]["duplicate"].dump(), "[5]");
  EXPECT_THAT(analysis_to_csv(analysis), HasSubstr("\nchannel,fc1,duplicate,5,1\n"));
}

TEST_F(Analyze, NamesTensorsThatHoldNoNumbers) {
  Graph graph = network();
  EXPECT_EQ(analyze_structure(graph)["warnings"].size(), 0U);
  Value& weight = graph.value(layers(graph)[1].weight);
  weight.constant->edit<float>()[7] = NAN;
  const auto analysis = analyze_structure(graph);
  EXPECT_TRUE(analysis["layers"][1]["rank"].is_null());
  EXPECT_THAT(analysis_to_text(analysis), HasSubstr("warning: tensor '" + weight.name + "' holds NaN"));
}

TEST(NumericalRank, IsThatOfProductsOfFactors) {
  Random random(9);
  for (const auto& [rows, columns, rank] :
       {std::tuple{20, 30, 7}, {30, 20, 20}, {64, 64, 63}, {5, 200, 1}, {8, 8, 0}}) {
    std::vector<float> matrix(static_cast<size_t>(rows * columns));
    std::vector<double> sum(matrix.size());
    for (int r = 0; r < rank; ++r) {
      std::vector<double> left, right;
      for (int i = 0; i < rows; ++i) left.push_back(random.normal());
      for (int i = 0; i < columns; ++i) right.push_back(random.normal());
      for (int i = 0; i < rows; ++i)
        for (int j = 0; j < columns; ++j)
          sum[static_cast<size_t>(i * columns + j)] += left[static_cast<size_t>(i)] * right[static_cast<size_t>(j)];
    }
    for (size_t i = 0; i < sum.size(); ++i) matrix[i] = static_cast<float>(sum[i]);
    EXPECT_EQ(numerical_rank(matrix, static_cast<size_t>(rows), static_cast<size_t>(columns)), rank);
  }
}

TEST_F(Analyze, StackedMatricesHaveRanksOfTheirOwn) {
  Random random(4);
  Graph g;
  add_input(g, "x", DType::f32, {Dim(2), 6, 8});
  Tensor weight = testing::random_floats({2, 8, 5}, random);
  std::fill_n(weight.edit<float>().begin(), 8, 0.0F);
  for (size_t r = 0; r < 8; ++r)  // the first matrix: two columns are the same
    weight.edit<float>()[r * 5 + 1] = weight.edit<float>()[r * 5];
  g.outputs = {append(g, OpKind::matmul, "heads", {g.inputs[0], add_constant(g, "w", weight)})};
  const auto row = analyze_structure(g)["layers"][0];
  EXPECT_EQ(row["rank"], 9);
  EXPECT_EQ(row["full_rank"], 10);
}

TEST_F(Analyze, ReportsItselfAndStops) {
  struct Stopped : Progress {
    std::vector<std::string> stages;
    void begin(std::string_view stage, uint64_t) override { stages.emplace_back(stage); }
    bool cancelled() const override { return !stages.empty() && stages.back() == "layers"; }
  };
  Stopped progress;
  EXPECT_THROW(analyze_structure(network(), {}, progress), Error);
  EXPECT_EQ(std::count(progress.stages.begin(), progress.stages.end(), "packing"), 1);
}

TEST(WithoutSmallest, TakesTheShareAndTheFirstOfEqualOnes) {
  const Tensor w = testing::floats({6}, {1, -3, 1, 2, -1, 4});
  const auto left = [&](double share) {
    const Tensor t = without_smallest(w, share);
    return std::vector<float>(t.view<float>().begin(), t.view<float>().end());
  };
  EXPECT_THAT(left(0), ElementsAre(1, -3, 1, 2, -1, 4));
  EXPECT_THAT(left(1.0 / 3), ElementsAre(0, -3, 0, 2, -1, 4));
  EXPECT_THAT(left(0.5), ElementsAre(0, -3, 0, 2, 0, 4));
  EXPECT_THAT(left(1), ElementsAre(0, 0, 0, 0, 0, 0));
}

TEST_F(Analyze, WeightsThatAreNoNumbersAreAnError) {
  Graph graph = network();
  graph.value(layers(graph)[0].weight).constant->edit<float>()[0] = std::nanf("");
  const auto data = testing::clusters(20, {1, 8, 8}, 10, 1);
  const SensitivityOptions options = {.channels = false, .weights = true, .bits = false, .parts = {}};
  EXPECT_THROW(sensitivity(graph, *engine, *data, options, Progress::quiet()), Error);
}

TEST_F(Analyze, CurvesOfChannelsWeightsAndBits) {
  const auto data = testing::clusters(20, {1, 8, 8}, 10, 1);
  const Graph graph = network();
  const auto result = sensitivity(graph, *engine, *data, {.channels = true, .weights = true, .bits = true, .parts = {}},
                                  Progress::quiet());
  ASSERT_EQ(result["channels"].size(), 2U);
  ASSERT_EQ(result["weights"].size(), 3U);
  ASSERT_EQ(result["bits"].size(), 3U);
  EXPECT_EQ(result["channels"][0]["points"].size(), 9U);
  EXPECT_EQ(result["bits"][0]["points"].size(), 7U);
  EXPECT_EQ(engine->evaluations, 1 + 2 * 9 + 3 * 9 + 3 * 7);
  // The toy engine's accuracy rises with every weight that is there.
  double before = result["uncut"]["top1"];
  for (const auto& point : result["channels"][0]["points"]) {
    EXPECT_LT(point["top1"].get<double>(), before);
    before = point["top1"];
  }
  auto analysis = analyze_structure(graph);
  analysis["sensitivity"] = result;
  EXPECT_THAT(analysis_to_text(analysis), HasSubstr("bits of a layer's weights"));
  const std::string csv = analysis_to_csv(analysis);
  EXPECT_THAT(csv, HasSubstr("sensitivity_channels,fc1,top1,0.5,"));
  EXPECT_THAT(csv, HasSubstr("layer,fc1,macs,,"));
}

TEST(RoundToBits, LeavesThatManyLevelsAndZero) {
  Random random(2);
  const Tensor weight = testing::random_floats({50, 20}, random, -0.3, 1);
  for (const int64_t bits : {2, 4, 8}) {
    const Tensor rounded = round_to_bits(weight, bits);
    const auto view = rounded.view<float>(), from = weight.view<float>();
    EXPECT_LE(std::set<float>(view.begin(), view.end()).size(), size_t{1} << bits);
    const double step = 1.3 / (std::exp2(bits) - 1);
    for (size_t i = 0; i < view.size(); ++i) EXPECT_NEAR(view[i], from[i], step);
  }
  const Tensor zero = round_to_bits(testing::floats({3}, {0, 0.7F, 1}), 2);
  EXPECT_EQ(zero.view<float>()[0], 0);
}

}  // namespace
}  // namespace pare
