// Each step on a small network, through recipes, as users run them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <set>

#include "compress/batches.h"
#include "compress/prune/criterion.h"
#include "core/edit.h"
#include "core/error.h"
#include "core/pack/pack.h"
#include "tests/support/compress_fixture.h"
#include "tests/support/memory_dataset.h"

namespace pare {
namespace {

using ::testing::HasSubstr;
using testing::sparsity_of;
using testing::weight_of;

class Steps : public testing::CompressTest {
 protected:
  RowResult run(const std::string& steps, bool with_data = true) {
    RunOptions how = options();
    if (!with_data) how.data.clear();
    return run_recipe(parse_recipe("steps:\n" + steps, "test.yaml"), network(), how, Progress::quiet()).rows.at(0);
  }
};

TEST_F(Steps, OneShotPruningNeedsNoDataAndNoEngine) {
  const RowResult row = run("  - prune_weights: {sparsity: 0.8}\n", false);
  for (size_t l = 0; l < 3; ++l) EXPECT_NEAR(sparsity_of(weight_of(row.graph, l)), 0.8, 1e-3);
  EXPECT_EQ(engine->calls, 0);
  EXPECT_FALSE(row.report["after"].contains("test"));
  EXPECT_EQ(row.report["after"]["nonzeros"].get<int64_t>(), row.report["layers"][0]["nonzeros"].get<int64_t>() +
                                                                row.report["layers"][1]["nonzeros"].get<int64_t>() +
                                                                row.report["layers"][2]["nonzeros"].get<int64_t>());
}

TEST_F(Steps, PerLayerSparsityAndExclusions) {
  const RowResult row = run("  - prune_weights: {sparsity: {first: 0.9, '*': 0.5}, exclude: [last]}\n", false);
  EXPECT_NEAR(sparsity_of(weight_of(row.graph, 0)), 0.9, 1e-3);
  EXPECT_NEAR(sparsity_of(weight_of(row.graph, 1)), 0.5, 1e-3);
  EXPECT_EQ(sparsity_of(weight_of(row.graph, 2)), 0);
}

TEST_F(Steps, LayerThatDoesNotExistIsAnErrorWithTheNamesThatDo) {
  try {
    run("  - prune_weights: {sparsity: 0.5, layers: [conv9]}\n", false);
    FAIL();
  } catch (const Error& e) {
    EXPECT_EQ(e.code(), Code::invalid);
    EXPECT_THAT(e.what(), HasSubstr("no layer matches 'conv9'"));
  }
}

TEST_F(Steps, TrainingWithoutDataIsAnError) {
  for (const char* steps : {"  - train: {epochs: 1}\n", "  - prune_weights: {sparsity: 0.5, epochs: 1}\n"}) {
    EXPECT_THROW(run(steps, false), Error) << steps;
  }
}

TEST_F(Steps, CubicPruningEndsAtTheTargetAndStaysThere) {
  const RowResult row =
      run("  - prune_weights: {sparsity: 0.9, scope: global, schedule: cubic, every: 2, epochs: 5}\n  - finetune: "
          "{epochs: 2}\n");
  int64_t zeros = 0, all = 0;
  for (size_t l = 0; l < 3; ++l) {
    const Value& weight = weight_of(row.graph, l);
    zeros += std::llround(sparsity_of(weight) * static_cast<double>(weight.constant->size()));
    all += weight.constant->size();
  }
  EXPECT_EQ(zeros, std::llround(0.9 * static_cast<double>(all)));
  EXPECT_EQ(row.report["steps"][0]["history"].size(), 5U);
  EXPECT_EQ(row.report["steps"][1]["history"].size(), 2U);
}

TEST_F(Steps, IterativePruningIsOneCurveOfAllRounds) {
  const RowResult row = run("  - prune_weights: {sparsity: 0.9, schedule: iterative, rounds: 3, epochs: 2}\n");
  EXPECT_NEAR(sparsity_of(weight_of(row.graph, 0)), 0.9, 1e-3);
  const auto& history = row.report["steps"][0]["history"];
  ASSERT_EQ(history.size(), 6U);
  for (size_t e = 0; e < 6; ++e) EXPECT_EQ(history[e]["epoch"], e + 1);
}

TEST_F(Steps, RandomCriterionFollowsTheSeed) {
  const char* steps = "steps: [{prune_weights: {sparsity: 0.5, criterion: random}}]";
  const auto weights = [&](uint64_t seed) {
    RunOptions how;
    how.seed = seed;
    return *weight_of(run_recipe(parse_recipe(steps, "r"), network(), how, Progress::quiet()).rows[0].graph, 0)
                .constant;
  };
  EXPECT_EQ(weights(1), weights(1));
  EXPECT_FALSE(weights(1) == weights(2));
}

TEST_F(Steps, TaylorRemovesWhatTheLossDoesNotFeel) {
  const RowResult row = run("  - prune_weights: {sparsity: 0.5, criterion: taylor, calibration: 3}\n");
  EXPECT_EQ(engine->batches_measured, 3);
  const Tensor& weight = *weight_of(row.graph, 0).constant;
  const auto values = weight.view<float>();
  for (size_t i = 0; i < values.size(); ++i) EXPECT_EQ(values[i] != 0, i % 2 == 0) << i;
}

TEST_F(Steps, WeightsThatAreNoNumbersAreAnError) {
  Graph start = network();
  start.value(layers(start)[1].weight).constant->edit<float>()[3] = std::nanf("");
  try {
    run_recipe(parse_recipe("steps: [{prune_weights: {sparsity: 0.5}}]", "r"), start, {}, Progress::quiet());
    FAIL();
  } catch (const Error& e) {
    EXPECT_THAT(e.what(), HasSubstr("'fc2'"));
  }
}

TEST_F(Steps, OptionsOfOtherSchedulesAreErrors) {
  for (const char* options : {"rounds: 3", "schedule: cubic, epochs: 1, rounds: 3", "every: 3", "begin: 0.1",
                              "end: 0.5", "schedule: cubic, epochs: 1, regrow: 0.1", "schedule: iterative, every: 2"})
    EXPECT_THROW(parse_recipe(std::string("steps: [{prune_weights: {sparsity: 0.5, ") + options + "}}]", "r"), Error)
        << options;
}

TEST_F(Steps, WhatLooksAtSamplesSaysSoBeforeAnythingRuns) {
  for (const char* step :
       {"net_trim", "train: {epochs: 0}", "prune_weights: {sparsity: 0.5, criterion: taylor}",
        "prune_channels: {ratio: 0.5, criterion: apoz}", "prune_blocks: {count: 1, criterion: loss}",
        "prune_channels: {ratio: 0.5, criterion: fisher}", "prune_channels: {ratio: 0.5, compensate: true}"}) {
    const bool bare = std::string_view(step).find(':') == std::string_view::npos;
    const std::string recipe = std::string("steps: [") + (bare ? "" : "{") + step + (bare ? "" : "}") + "]";
    RunOptions how = options();
    check_run(parse_recipe(recipe, "r"), network(), how);
    how.data.clear();
    try {
      check_run(parse_recipe(recipe, "r"), network(), how);
      ADD_FAILURE() << step;
    } catch (const Error& e) {
      EXPECT_THAT(e.what(), HasSubstr("needs data")) << step;
    }
  }
}

TEST(CalibrationSamples, FollowTheSeedAndAreWholeBatches) {
  std::vector<float> inputs(300);
  std::vector<int64_t> classes(300);
  for (size_t i = 0; i < 300; ++i) classes[i] = static_cast<int64_t>(i);
  const auto data = std::make_shared<testing::MemoryDataset>(Shape{1}, inputs, classes);
  const auto labels = [&](const Graph& graph, int64_t batches, uint64_t seed) {
    const DatasetPtr samples = calibration_samples(graph, data, batches, seed);
    std::vector<int64_t> result;
    for (size_t i = 0; i < samples->size(); ++i) result.push_back(samples->label(i));
    return result;
  };
  Graph any, fixed;
  any.symbols[1] = "N";
  any.next_symbol = 2;
  any.inputs = {add_input(any, "x", DType::f32, {Dim(1, 1), 1})};
  fixed.inputs = {add_input(fixed, "x", DType::f32, {Dim(64), 1})};
  EXPECT_EQ(labels(any, 2, 1), labels(any, 2, 1));
  EXPECT_NE(labels(any, 2, 1), labels(any, 2, 2));
  EXPECT_EQ(labels(any, 2, 1).size(), 256U);
  EXPECT_EQ(labels(any, 9, 1).size(), 300U);
  EXPECT_EQ(labels(fixed, 2, 1).size(), 128U);
  EXPECT_EQ(labels(fixed, 9, 1).size(), 256U);
  fixed.value(fixed.inputs[0]).dims->front() = Dim(301);
  EXPECT_THROW(labels(fixed, 1, 1), Error);
  EXPECT_EQ(batch_that_fits(any, 1 << 20, 128), 64);
  EXPECT_EQ(batch_that_fits(any, 10, 128), 128);
  EXPECT_EQ(batch_that_fits(fixed, 1 << 30, 128), 301);
}

TEST_F(Steps, LayersThatLoseNearlyAllAreReported) {
  const RowResult row = run("  - prune_weights: {sparsity: 0.995}\n", false);
  EXPECT_THAT(row.report["steps"][0]["warnings"].dump(), HasSubstr("at risk"));
}

TEST_F(Steps, SharedWeightsLieOnTheirCodebook) {
  const RowResult row = run("  - share_weights: {bits: {first: 2, '*': 4}, biases: 3}\n", false);
  const size_t entries[] = {4, 16, 16};
  for (size_t l = 0; l < 3; ++l) {
    const Layer layer = layers(row.graph)[l];
    for (const auto& [id, most] : {std::pair{layer.weight, entries[l]}, {layer.bias, size_t{8}}}) {
      const auto view = row.graph.value(id).constant->view<float>();
      const std::set<float> values(view.begin(), view.end());
      EXPECT_LE(values.size(), most);
    }
  }
  EXPECT_EQ(row.report["layers"][0]["bits"], 2);
}

TEST_F(Steps, SharedValuesAreOfTheCodebooksType) {
  size_t bytes[3];
  for (size_t i = 0; i < 3; ++i) {
    const char* name = std::array{"f32", "f16", "bf16"}[i];
    const RowResult row =
        run(std::string("  - share_weights: {bits: 5, finetune_epochs: 1, codebook: ") + name + "}\n");
    const DType type = std::array{DType::f32, DType::f16, DType::bf16}[i];
    for (size_t l = 0; l < 3; ++l) {
      const Tensor& weight = *weight_of(row.graph, l).constant;
      EXPECT_EQ(cast(cast(weight, type), DType::f32), weight) << name;
    }
    bytes[i] = pack(row.graph).size();
  }
  EXPECT_LT(bytes[1], bytes[0]);
  EXPECT_LT(bytes[2], bytes[1]);
}

TEST_F(Steps, SharingKeepsZerosAndMakesNoNewOnes) {
  for (const char* init : {"exact", "linear", "density", "random"}) {
    const std::string share = std::string("  - share_weights: {bits: 3, init: ") + init + ", finetune_epochs: 2}\n";
    const RowResult pruned = run("  - prune_weights: {sparsity: 0.7}\n", false);
    const RowResult row = run("  - prune_weights: {sparsity: 0.7}\n" + share);
    for (size_t l = 0; l < 3; ++l) {
      const auto before = weight_of(pruned.graph, l).constant->view<float>(),
                 after = weight_of(row.graph, l).constant->view<float>();
      for (size_t i = 0; i < before.size(); ++i) ASSERT_EQ(before[i] == 0, after[i] == 0) << init;
      EXPECT_LE(std::set<float>(after.begin(), after.end()).size(), 8U) << init;
    }
  }
}

TEST_F(Steps, SharingABiasOfZerosOnlyWorks) {
  Graph graph = network();
  const ValueId bias = layers(graph)[0].bias;
  for (float& b : graph.value(bias).constant->edit<float>()) b = 0;
  const auto result = run_recipe(parse_recipe("steps: [{share_weights: {bits: 2, biases: 4}}, pack]", "r"), graph, {},
                                 Progress::quiet());
  for (const float b : result.rows[0].graph.value(layers(result.rows[0].graph)[0].bias).constant->view<float>())
    EXPECT_EQ(b, 0);
}

TEST_F(Steps, PruningAfterSharingKeepsTheCodebook) {
  const RowResult row = run(
      "  - prune_weights: {sparsity: 0.5}\n  - share_weights: {bits: 3}\n  - prune_weights: {sparsity: 0.8}\n", false);
  const Value& weight = weight_of(row.graph, 0);
  EXPECT_NEAR(sparsity_of(weight), 0.8, 1e-3);
  EXPECT_TRUE(weight.encoding.grid.has_value());
  // Without a zero in the codebook there is no level to prune to.
  EXPECT_THROW(run("  - share_weights: {bits: 3}\n  - prune_weights: {sparsity: 0.8}\n", false), Error);
}

TEST_F(Steps, PackChoosesTheCodecOfTheFile) {
  const std::string before = "  - prune_weights: {sparsity: 0.9}\n  - share_weights: {bits: 4}\n";
  const auto bytes = [&](const std::string& pack) {
    return run(before + pack, false).report["after"]["pare_bytes"].get<int64_t>();
  };
  EXPECT_LT(bytes("  - pack: {codec: auto}\n"), bytes("  - pack: {codec: raw}\n"));
  EXPECT_LT(bytes("  - pack: {strip: true}\n"), bytes("  - pack: {strip: false}\n"));
}

TEST(StepList, EveryStepHasNameSummaryAndHelp) {
  for (const StepDef* step : step_list()) {
    EXPECT_FALSE(step->name.empty());
    EXPECT_FALSE(step->summary.empty());
    EXPECT_FALSE(step->options().empty()) << step->name;
    EXPECT_EQ(&find_step(step->name, ""), step);
  }
  for (const Criterion* criterion : criterion_list()) EXPECT_EQ(&find_criterion(criterion->name), criterion);
}

}  // namespace
}  // namespace pare
