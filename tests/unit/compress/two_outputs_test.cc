// Steps on a network whose second output the loss does not see.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "compress/prune/channels/criterion.h"
#include "core/error.h"
#include "tests/support/compress_fixture.h"
#include "tests/support/first_output_engine.h"

namespace pare {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class TwoOutputs : public testing::CompressTest {
 protected:
  TwoOutputs() { engine = std::make_shared<testing::FirstOutputEngine>(); }
  RowResult run(const std::string& step) {
    return run_recipe(parse_recipe("steps: [" + step + "]", "r"), testing::two_outputs(), options(), Progress::quiet())
        .rows.at(0);
  }
  static int64_t outputs(const RowResult& row, std::string_view name) {
    const Tensor& weight = *row.graph.value(row.graph.find_value(name)).constant;
    return weight.dim(0);
  }
  static std::string warnings(const RowResult& row) { return row.report["steps"][0]["warnings"].dump(); }
  static bool sees_the_first_alone(std::string_view criterion) {
    const ChannelCriterion& c = find_channel_criterion(criterion);
    return c.needs.gradient || c.needs.curvature || criterion == "taylor_gate" || criterion == "global_local" ||
           criterion == "obd" || criterion.starts_with("lrp");
  }
};

TEST_F(TwoOutputs, EveryCriterionOfChannelsLeavesWhatItCannotJudge) {
  for (const ChannelCriterion* criterion : channel_criterion_list()) {
    SCOPED_TRACE(criterion->name);
    const std::string head =
        fmt::format("prune_channels: {{ratio: 0.5, calibration: 1, criterion: {}", criterion->name);
    const bool first_alone = sees_the_first_alone(criterion->name), norms = criterion->name == "bn_scale";
    const RowResult row = run("{" + head + "}}");
    EXPECT_EQ(outputs(row, "stem.weight"), 2);
    EXPECT_EQ(outputs(row, "a.weight"), norms ? 4 : 2);
    EXPECT_EQ(outputs(row, "b.weight"), first_alone || norms ? 6 : 3);
    if (first_alone) {
      EXPECT_THAT(warnings(row), HasSubstr("group 'b' keeps its channels"));
    }
    const RowResult without = run("{" + head + ", exclude: [b]}}");
    EXPECT_EQ(outputs(without, "stem.weight"), 2);
    EXPECT_THAT(warnings(without), Not(HasSubstr("group 'b'")));
  }
}

TEST_F(TwoOutputs, PseudoPruningTakesWhatTheFirstOutputSees) {
  for (const char* criterion : {"l1", "taylor"}) {
    const RowResult row = run(std::string("{prune_channels: {ratio: 0.5, schedule: pseudo, epochs: 2, criterion: ") +
                              criterion + ", pseudo: {every: 1}}}");
    EXPECT_EQ(outputs(row, "stem.weight"), 2);
    EXPECT_EQ(outputs(row, "a.weight"), 2);
    EXPECT_EQ(outputs(row, "b.weight"), 6);
    EXPECT_THAT(warnings(row), HasSubstr("group 'b' keeps its channels"));
    EXPECT_EQ(row.report["steps"][0]["warnings"].size(), 1U);
  }
}

TEST_F(TwoOutputs, SparsifyDrivesWhatLearns) {
  const RowResult row =
      run("{sparsify_channels: {strength: 100, epochs: 1, rate: 0.1, schedule: constant, ratio: 0.5}}");
  for (const auto& group : row.report["steps"][0]["details"]["groups"])
    EXPECT_EQ(group["zero"], group["name"] == "b" ? 0 : 2) << group["name"];
}

TEST_F(TwoOutputs, PruneWeightsNamesTheLayerWithoutGradient) {
  try {
    run("{prune_weights: {sparsity: 0.5, criterion: taylor}}");
    FAIL();
  } catch (const Error& e) {
    EXPECT_THAT(e.what(), HasSubstr("layer 'b'"));
  }
  const RowResult row = run("{prune_weights: {sparsity: 0.5, criterion: taylor, exclude: [b, fc_b]}}");
  EXPECT_NEAR(testing::sparsity_of(row.graph.value(row.graph.find_value("a.weight"))), 0.5, 0.02);
}

TEST_F(TwoOutputs, BlocksOfTheOtherOutputStayUnderTaylor) {
  Random random(4);
  Graph g;
  g.symbols[1] = "N";
  g.next_symbol = 2;
  const auto pads = testing::attributes({{"pads", std::vector<int64_t>{1, 1, 1, 1}}});
  const auto conv = [&](const std::string& name, ValueId in, int64_t inputs) {
    const ValueId weight = add_constant(g, name + ".weight", testing::random_floats({2, inputs, 3, 3}, random));
    return append(g, OpKind::conv, name, {in, weight}, pads);
  };
  const ValueId stem =
      append(g, OpKind::relu, "relu", {conv("stem", add_input(g, "x", DType::f32, {Dim(1, 1), 1, 8, 8}), 1)});
  for (const auto& [name, outputs] : {std::pair{"a", int64_t{10}}, {"b", int64_t{3}}}) {
    const std::string n = name;
    const ValueId sum = append(g, OpKind::add, "sum_" + n, {conv("block_" + n, stem, 2), stem});
    const ValueId weight = add_constant(g, "fc_" + n + ".weight", testing::random_floats({outputs, 128}, random));
    g.outputs.push_back(append(g, OpKind::gemm, "fc_" + n, {append(g, OpKind::flatten, "flatten_" + n, {sum}), weight},
                               testing::attributes({{"transB", int64_t{1}}})));
  }
  mark_trainable(g);
  const auto go = [&](int count) {
    const std::string recipe = fmt::format("steps: [{{prune_blocks: {{count: {}, criterion: taylor}}}}]", count);
    return run_recipe(parse_recipe(recipe, "r"), g, options(), Progress::quiet()).rows.at(0);
  };
  EXPECT_EQ(go(1).report["steps"][0]["details"]["removed"][0]["sum"], "sum_a");
  EXPECT_THROW(go(2), Error);
}

// ---- networks that take a fixed number of samples

TEST_F(TwoOutputs, CriteriaGetWholeBatchesOfAFixedSize) {
  Graph start = testing::two_outputs();
  start.value(start.inputs[0]).dims->front() = Dim(7);
  infer_shapes(start);
  const auto go = [&](const std::string& step) {
    run_recipe(parse_recipe("steps: [" + step + "]", "r"), start, options(), Progress::quiet());
  };
  go("{prune_channels: {ratio: 0.5, criterion: taylor, calibration: 100}}");
  go("{prune_weights: {sparsity: 0.5, criterion: taylor, calibration: 100, exclude: [b, fc_b]}}");
  go("{prune_channels: {ratio: 0.5, criterion: taylor_gate, calibration: 100}}");
  const auto& measured = std::static_pointer_cast<testing::FirstOutputEngine>(engine)->measured;
  ASSERT_EQ(measured.size(), 3U);
  for (const size_t samples : measured) {
    EXPECT_GE(samples, 7U);
    EXPECT_EQ(samples % 7, 0U);
  }
}

}  // namespace
}  // namespace pare
