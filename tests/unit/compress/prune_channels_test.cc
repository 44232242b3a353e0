// The step `prune_channels` through recipes, as users run it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <thread>

#include "compress/finetune/reestimate_norms.h"
#include "core/channels/channels.h"
#include "core/channels/dead.h"
#include "core/cost.h"
#include "core/edit.h"
#include "core/error.h"
#include "core/pack/pack.h"
#include "tests/support/compress_fixture.h"
#include "tests/support/graphs.h"
#include "tests/support/memory_dataset.h"
#include "tests/support/slow_engine.h"

namespace pare {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using testing::weight_of;

std::vector<int64_t> widths(const Graph& graph) {
  std::vector<int64_t> result;
  for (const Layer& layer : layers(graph)) {
    const Tensor& weight = *graph.value(layer.weight).constant;
    const Node& node = graph.node(layer.node);
    const bool rows = node.op == OpKind::conv || node.attributes.integer("transB", 0) != 0;
    result.push_back(weight.dim(rows ? 0 : 1));
  }
  return result;
}

class PruneChannels : public testing::CompressTest {
 protected:
  RowResult run(const std::string& options, bool with_data = false, Graph start = network()) {
    RunOptions how = this->options();
    if (!with_data) how.data.clear();
    const std::string recipe = "steps:\n  - prune_channels: " + options + "\n";
    return run_recipe(parse_recipe(recipe, "test.yaml"), std::move(start), how, Progress::quiet()).rows.at(0);
  }
  static nlohmann::ordered_json details(const RowResult& row) { return row.report["steps"][0]["details"]; }
  static std::string warnings(const RowResult& row) { return row.report["steps"][0]["warnings"].dump(); }
};

TEST_F(PruneChannels, NeedsNoDataAndNoEngine) {
  const RowResult row = run("{criterion: l1, scope: local, ratio: 0.5}");
  EXPECT_THAT(widths(row.graph), ElementsAre(12, 8, 10));
  EXPECT_EQ(engine->calls, 0);
  const auto report = details(row);
  EXPECT_EQ(report["channels"]["before"], 40);
  EXPECT_EQ(report["channels"]["after"], 20);
  EXPECT_EQ(report["macs"]["after"], cost(row.graph).macs);
  EXPECT_EQ(report["parameters"]["after"], cost(row.graph).parameters);
  EXPECT_EQ(report["groups"][0]["made_by"][0], "fc1");
  EXPECT_EQ(report["groups"][0]["before"], 24);
  EXPECT_EQ(report["groups"][0]["after"], 12);
}

TEST_F(PruneChannels, InputsAndOutputsStay) {
  const Graph before = network();
  const RowResult row = run("{ratio: 0.9}");
  ASSERT_EQ(row.graph.outputs.size(), 1U);
  EXPECT_EQ(row.graph.value(row.graph.inputs[0]).dims, before.value(before.inputs[0]).dims);
  EXPECT_EQ(row.graph.value(row.graph.outputs[0]).dims, before.value(before.outputs[0]).dims);
}

TEST_F(PruneChannels, RatioPerLayerAndPerGroupAndExclusions) {
  EXPECT_THAT(widths(run("{ratio: {fc1: 0.75, '*': 0.25}}").graph), ElementsAre(6, 12, 10));
  EXPECT_THAT(widths(run("{ratio: 0.5, exclude: [fc1]}").graph), ElementsAre(24, 8, 10));
  EXPECT_THAT(widths(run("{ratio: 0.5, layers: [fc1]}").graph), ElementsAre(12, 16, 10));
}

// One threshold for all weights finds three quarters of fc1 and a quarter of fc2 below it.
TEST_F(PruneChannels, RatiosThatFollowFromTheSparsityOfLayers) {
  Graph graph = network();
  double small = 0, all = 0;
  for (const Layer& layer : layers(graph)) {
    const size_t of_four = layer.name == "fc1" ? 3 : layer.name == "fc2" ? 1 : 0;
    const auto weights = graph.value(layer.weight).constant->edit<float>();
    for (size_t i = 0; i < weights.size(); ++i)
      weights[i] = i % 4 < of_four ? -0.01F : 1 + 0.001F * static_cast<float>(i);
    small += static_cast<double>(weights.size() * of_four) / 4;
    all += static_cast<double>(weights.size());
  }
  const RowResult row = run(fmt::format("{{sparsity: {}}}", small / all + 1e-9), false, graph);
  EXPECT_THAT(widths(row.graph), ElementsAre(6, 12, 10));
  const auto table = details(row)["sparsity"];
  ASSERT_EQ(table.size(), 3U);
  EXPECT_EQ(table[0]["layer"], "fc1");
  EXPECT_EQ(table[0]["zeros"].get<int64_t>() * 4, table[0]["elements"].get<int64_t>() * 3);
  EXPECT_EQ(table[1]["zeros"].get<int64_t>() * 4, table[1]["elements"].get<int64_t>());
  EXPECT_EQ(table[2]["zeros"], 0);
  EXPECT_THROW(run("{sparsity: 0.5, ratio: 0.5}"), Error);
  EXPECT_THROW(run("{sparsity: 0.5, scope: global}"), Error);
}

// An op that nobody knows keeps the channels that go into it, and is named; what lies behind it goes on.
TEST_F(PruneChannels, UnknownOpsArePrunedAround) {
  using namespace testing;
  Graph g;
  Random random({7});
  const ValueId x = add_input(g, "x", DType::f32, {Dim(1, 1), 3, 8, 8});
  g.symbols[1] = "N";
  g.next_symbol = 2;
  const auto convolution = [&](const std::string& name, ValueId from, int64_t in, int64_t out) {
    const ValueId w = add_constant(g, name + ".weight", random_floats({out, in, 1, 1}, random));
    return append(g, OpKind::relu, name + "_relu", {append(g, OpKind::conv, name, {from, w})});
  };
  Node node;
  node.name = "mystery";
  node.type = "Mystery";
  node.domain = "com.example";
  node.inputs = {convolution("c2", convolution("c1", x, 3, 12), 12, 16)};
  node.outputs = {add_value(g, "m", DType::none, {})};
  g.value(node.outputs[0]).dims.reset();
  add_node(g, node);
  g.outputs = {convolution("c4", convolution("c3", g.find_value("m"), 16, 20), 20, 4)};
  infer_shapes(g);
  const RowResult row = run("{ratio: 0.5}", false, g);
  EXPECT_THAT(widths(row.graph), ElementsAre(6, 16, 10, 4));
  EXPECT_THAT(warnings(row), HasSubstr("Mystery 'mystery'"));
  EXPECT_THAT(warnings(row), HasSubstr("holds back 16 channels"));
  EXPECT_THAT(warnings(row), Not(HasSubstr("open sizes")));
  EXPECT_THAT(warnings(run("{target: {macs: 0.5}}", false, g)), HasSubstr("'c3' (of 2 such layers) has open sizes"));
}

TEST_F(PruneChannels, WhatMayNotGoIsNotScored) {
  Graph start = network();
  start.value(layers(start)[0].weight).constant->edit<float>()[0] = std::nanf("");
  EXPECT_THROW(run("{ratio: 0.5}", false, start), Error);
  for (const char* criterion : {"l1", "direct_indirect"}) {
    const std::string tail = std::string(", criterion: ") + criterion + "}";
    EXPECT_THAT(widths(run("{ratio: 0.5, exclude: [fc1]" + tail, false, start).graph), ElementsAre(24, 8, 10));
  }
}

TEST_F(PruneChannels, MultiplesAndWhatIsKept) {
  EXPECT_THAT(widths(run("{ratio: 0.65, round_to: 4}").graph), ElementsAre(8, 8, 10));
  EXPECT_THAT(widths(run("{ratio: 1, min_kept: 0.25}").graph), ElementsAre(6, 4, 10));
  EXPECT_THAT(widths(run("{ratio: 1}").graph), ElementsAre(1, 1, 10));
}

TEST_F(PruneChannels, GlobalScopeKeepsAShareOfEachGroup) {
  const RowResult row = run("{ratio: 0.5, scope: global, most: 0.6}");
  const std::vector<int64_t> now = widths(row.graph);
  EXPECT_EQ(now[0] + now[1], 20);
  EXPECT_GE(now[0], 10);
  EXPECT_GE(now[1], 7);
}

TEST_F(PruneChannels, TargetsAreMetClosely) {
  const Graph before = network();
  const int64_t macs = cost(before).macs, parameters = cost(before).parameters;
  for (const char* scope : {"local", "global", "isomorphic"}) {
    const std::string tail = std::string(", scope: ") + scope + "}";
    EXPECT_LE(cost(run("{target: {macs: 0.5}" + tail).graph).macs, macs / 2) << scope;
    EXPECT_GE(cost(run("{target: {macs: 0.5}" + tail).graph).macs, macs * 4 / 10) << scope;
    EXPECT_LE(cost(run("{target: {parameters: 0.3}" + tail).graph).parameters, parameters * 3 / 10) << scope;
    EXPECT_EQ(details(run("{target: {channels: 0.5}" + tail))["channels"]["after"], 20) << scope;
  }
  const size_t bytes = pack(before).size();
  const size_t smaller = pack(run("{target: {bytes: 0.5}, scope: global}").graph).size();
  EXPECT_LE(smaller, bytes / 2);
  EXPECT_GE(smaller, bytes * 4 / 10);
}

TEST_F(PruneChannels, TargetsAreNearWithLargeMultiplesToo) {
  const auto left = details(run("{target: {macs: 0.55}, scope: global, round_to: 4}"))["target"]["left"].get<double>();
  EXPECT_LE(left, 0.55);
  EXPECT_GE(left, 0.40);  // four channels of the first layer are 15 %
}

TEST_F(PruneChannels, TargetThatTheLimitsDoNotAllowIsSaid) {
  const RowResult row = run("{target: {macs: 0.1}, min_kept: 0.5}");
  EXPECT_THAT(widths(row.graph), ElementsAre(12, 8, 10));
  EXPECT_THAT(warnings(row), HasSubstr("is the least that can be left"));
}

TEST_F(PruneChannels, RoundsEndAtTheRatioAndMakeOneCurve) {
  const RowResult row = run("{ratio: 0.5, rounds: 3, epochs: 2}", true);
  EXPECT_THAT(widths(row.graph), ElementsAre(12, 8, 10));
  EXPECT_EQ(row.report["steps"][0]["history"].size(), 6U);
}

TEST_F(PruneChannels, KilledAtAnyTimeItEndsTheSame) {
  expect_same_end_when_killed("steps: [{prune_channels: {ratio: 0.5, rounds: 2, epochs: 2, distill: {weight: 0.5}}}]");
}
TEST_F(PruneChannels, KilledWhileItPrunesAndTrainsItEndsTheSame) {
  expect_same_end_when_killed(
      "steps: [{prune_channels: {ratio: 0.5, schedule: pseudo, epochs: 4, pseudo: {every: 2}}}]");
}

// Each run takes a time for each channel, and it is told how long.
struct TimedEngine : testing::ToyEngine {
  std::chrono::microseconds each{0};
  std::vector<int64_t> trained;  // widths
  std::vector<Tensor> run(const Graph& graph, std::span<const Tensor>, std::span<const ValueId>) override {
    const std::vector<int64_t> now = widths(graph);
    std::this_thread::sleep_for(std::chrono::milliseconds(1) + each * (now[0] + now[1]));
    return {};
  }
  void fit(Job& job, Progress& progress) override {
    trained = widths(*job.graphs.at(0).graph);
    ToyEngine::fit(job, progress);
  }
};

TEST_F(PruneChannels, WhatALatencyDecidedHoldsWhenResumed) {
  const auto timed = std::make_shared<TimedEngine>();
  engine = timed;
  const char* recipe = "steps: [{prune_channels: {target: {latency: 0.6}, epochs: 2}}]";
  const auto go = [&](bool resume) {
    RunOptions how = options(out());
    how.resume = resume;
    return run_recipe(parse_recipe(recipe, "r.yaml"), network(), how, Progress::quiet());
  };
  timed->each = std::chrono::microseconds(200);
  timed->lives = 2;  // after the first epoch
  EXPECT_THROW(go(false), testing::Killed);
  const std::vector<int64_t> cut = timed->trained;
  ASSERT_EQ(cut.size(), 3U);
  EXPECT_LT(cut[0] + cut[1], 40);
  EXPECT_GT(cut[0] + cut[1], 2);
  timed->each = {};  // no cut is any faster: all would go
  timed->lives = -1;
  const RowResult row = go(true).rows.at(0);
  EXPECT_EQ(widths(row.graph), cut);
  EXPECT_NEAR(details(row)["target"]["left"].get<double>(), 0.6, 0.3);
}

TEST_F(PruneChannels, TargetsCanBeStopped) {
  struct Stopped : Progress {
    bool stop = false;
    void begin(std::string_view stage, uint64_t) override { stop |= stage == "target bytes"; }
    bool cancelled() const override { return stop; }
  };
  Stopped progress;
  try {
    run_recipe(parse_recipe("steps: [{prune_channels: {target: {bytes: 0.5}}}]", "r"), network(), {}, progress);
    FAIL();
  } catch (const Error& e) {
    EXPECT_EQ(e.code(), Code::cancelled);
  }
}

TEST_F(PruneChannels, PseudoRefusesWhatItDoesNotDo) {
  for (const char* options : {"merge: true", "compensate: true", "target: {bytes: 0.5}", "target: {latency: 0.5}"}) {
    const std::string share = std::string_view(options).starts_with("target") ? "" : "ratio: 0.5, ";
    EXPECT_THROW(parse_recipe("steps: [{prune_channels: {schedule: pseudo, epochs: 1, " + share + options + "}}]", "r"),
                 Error)
        << options;
  }
}

TEST_F(PruneChannels, TeacherIsTheUncutNetwork) {
  struct Watch : testing::ToyEngine {
    Job seen;
    std::vector<int64_t> teacher_widths;
    void fit(Job& job, Progress& progress) override {
      seen = job;
      teacher_widths = widths(*job.graphs.at(1).graph);
      ToyEngine::fit(job, progress);
    }
  };
  const auto watch = std::make_shared<Watch>();
  engine = watch;
  run("{ratio: 0.5, epochs: 1, distill: {weight: 0.7, temperature: 3}}", true);
  EXPECT_THAT(watch->teacher_widths, ElementsAre(24, 16, 10));
  EXPECT_FALSE(watch->seen.graphs[1].trains);
  ASSERT_EQ(watch->seen.objective.size(), 2U);
  EXPECT_NEAR(watch->seen.objective[0].weight, 0.3, 1e-9);
  EXPECT_EQ(watch->seen.objective[1].kind, "kl");
  EXPECT_EQ(watch->seen.objective[1].weight, 0.7);
  EXPECT_EQ(watch->seen.objective[1].options.at("temperature"), 3);
}

TEST_F(PruneChannels, PseudoTrainsWithAndWithout) {
  struct Watch : testing::ToyEngine {
    Job seen;
    std::vector<std::string> values;  // of the graph that trains
    void fit(Job& job, Progress& progress) override {
      seen = job;
      for (const Value& value : job.graphs.at(0).graph->values) values.push_back(value.name);
      ToyEngine::fit(job, progress);
    }
  };
  const auto watch = std::make_shared<Watch>();
  engine = watch;
  const RowResult row =
      run("{ratio: 0.5, schedule: pseudo, epochs: 3, pseudo: {every: 1, masked: 0.5, gap: 2, temperature: 3}}", true);
  EXPECT_THAT(widths(row.graph), ElementsAre(12, 8, 10));
  EXPECT_EQ(row.report["steps"][0]["history"].size(), 3U);
  EXPECT_TRUE(details(row)["gap"].contains("top1_pruned"));
  EXPECT_EQ(cost(row.graph).parameters, details(row)["parameters"]["after"]);
  ASSERT_EQ(watch->seen.objective.size(), 3U);
  EXPECT_EQ(watch->seen.objective[1].kind, "cross_entropy");
  EXPECT_EQ(watch->seen.objective[1].weight, 0.5);
  EXPECT_EQ(watch->seen.objective[2].kind, "kl");
  EXPECT_EQ(watch->seen.objective[2].weight, 2);
  EXPECT_EQ(watch->seen.objective[2].options.at("temperature"), 3);
  for (const std::string& input : watch->seen.objective[2].inputs)
    EXPECT_THAT(watch->values, ::testing::Contains(input.substr(std::string("student:").size())));
}

TEST_F(PruneChannels, PseudoMeetsTargets) {
  const int64_t macs = cost(network()).macs;
  const RowResult row =
      run("{target: {macs: 0.5}, scope: global, schedule: pseudo, epochs: 2, pseudo: {every: 2}}", true);
  EXPECT_LE(cost(row.graph).macs, macs / 2);
  EXPECT_GE(cost(row.graph).macs, macs * 4 / 10);
  EXPECT_EQ(details(row)["target"]["left"], static_cast<double>(cost(row.graph).macs) / static_cast<double>(macs));
}

// Trains like the toy engine, and runs.
struct RunningEngine : testing::ToyEngine {
  testing::SlowEngine slow;
  std::vector<Tensor> last;  // inputs
  std::vector<Tensor> run(const Graph& graph, std::span<const Tensor> inputs, std::span<const ValueId> fetch) override {
    last.assign(inputs.begin(), inputs.end());
    return slow.run(graph, inputs, fetch);
  }
};

TEST_F(PruneChannels, CompensationKeepsOutputsNear) {
  const auto running = std::make_shared<RunningEngine>();
  engine = running;
  const Graph before = network();
  const RowResult refitted = run("{ratio: 0.5, layers: [fc2], compensate: true}", true, before);
  const RowResult plain = run("{ratio: 0.5, layers: [fc2]}", true, before);
  EXPECT_THAT(widths(refitted.graph), ElementsAre(24, 8, 10));
  EXPECT_THAT(details(refitted)["compensated"], ElementsAre("fc3"));
  ASSERT_FALSE(running->last.empty());
  const auto distance = [&](const Graph& graph) {
    const Tensor a = running->slow.run(before, running->last, {})[0],
                 b = running->slow.run(graph, running->last, {})[0];
    double sum = 0;
    for (size_t i = 0; i < a.view<float>().size(); ++i)
      sum += std::pow(static_cast<double>(a.view<float>()[i] - b.view<float>()[i]), 2);
    return sum;
  };
  EXPECT_LT(distance(refitted.graph), 0.5 * distance(plain.graph));
}

TEST_F(PruneChannels, WrongOptionsAreErrors) {
  for (const char* options :
       {"{}", "{ratio: 0.5, target: {macs: 0.5}}", "{target: {speed: 2}}", "{ratio: {fc1: 0.5}, scope: global}",
        "{ratio: 0.5, criterion: magic}", "{target: null}", "{ratio: {fc9: 0.5}}", "{ratio: 0.5, layers: [fc9]}",
        "{ratio: 0.5, layers: [fc3]}", "{ratio: 0.5, epochs: 1}", "{ratio: 0.5, compensate: true}",
        "{ratio: 0.5, schedule: oneshot, rounds: 2}", "{ratio: 0.5, schedule: pseudo}",
        "{ratio: 0.5, schedule: pseudo, epochs: 1, criterion: obs}",
        "{ratio: 0.5, schedule: pseudo, epochs: 1, pseudo: {evry: 3}}", "{ratio: 0.5, distill: {weigth: 1}}"})
    EXPECT_THROW(run(options), Error) << options;
}

TEST_F(PruneChannels, OptionsThatDoNothingAreSaid) {
  for (const auto& [options, said] :
       {std::pair{"{ratio: 0.5, most: 0.5}", "most does nothing here"},
        {"{ratio: 0.5, normalization: max}", "normalization does nothing here"},
        {"{ratio: 0.5, power: 3}", "power does nothing here"},
        {"{ratio: 0.5, criterion: random, reduction: max}", "reduction does nothing here"},
        {"{ratio: 0.5, distill: {}}", "distill does nothing here"},
        {"{ratio: 0.5, pseudo: {every: 3}}", "pseudo does nothing here"},
        {"{ratio: 0.5, round_to: 64}", "round_to 64: no group has that many"}})
    EXPECT_THAT(warnings(run(options)), HasSubstr(said));
  EXPECT_EQ(warnings(run("{ratio: 0.5, scope: global, most: 0.5, criterion: ln, power: 3, round_to: 16}")), "[]");
}

TEST_F(PruneChannels, DistillsByHalfWhereNoWeightIsSaid) {
  struct Watch : testing::ToyEngine {
    std::vector<LossTerm> objective;
    void fit(Job& job, Progress& progress) override {
      objective = job.objective;
      ToyEngine::fit(job, progress);
    }
  };
  const auto watch = std::make_shared<Watch>();
  engine = watch;
  EXPECT_EQ(warnings(run("{ratio: 0.5, epochs: 1, distill: {}}", true)), "[]");
  ASSERT_EQ(watch->objective.size(), 2U);
  EXPECT_EQ(watch->objective[1].weight, 0.5);
  run("{ratio: 0.5, epochs: 1}", true);
  EXPECT_EQ(watch->objective.size(), 1U);
}

TEST_F(PruneChannels, NaNIsSaidWithItsTensorAndOnlyWhereChannelsMayGo) {
  Graph graph = network();
  const Layer fc1 = layers(graph)[0];
  graph.value(fc1.weight).constant->edit<float>()[3] = NAN;
  try {
    run("{ratio: 0.5}", false, graph);
    FAIL();
  } catch (const Error& e) {
    EXPECT_THAT(e.what(), HasSubstr("tensor '" + graph.value(fc1.weight).name + "' holds NaN"));
  }
  EXPECT_THAT(widths(run("{ratio: 0.5, layers: [fc2]}", false, graph).graph), ElementsAre(24, 8, 10));
}

// x -> conv1 (6 channels) -> relu -> conv2 (1x1, 4) -> y. Channel 1 of conv1 is zero, nobody reads channel 2, channel 3
// is always 0.5, channel 4 always below zero.
Graph with_unused_channels() {
  Random random(3);
  Graph g;
  const ValueId x = add_input(g, "x", DType::f32, {Dim(1), 2, 5, 5});
  Tensor w1 = testing::random_floats({6, 2, 3, 3}, random), b1 = testing::random_floats({6}, random);
  Tensor w2 = testing::random_floats({4, 6, 1, 1}, random);
  for (const size_t c : {1, 3, 4}) std::fill_n(w1.edit<float>().begin() + static_cast<ptrdiff_t>(c * 18), 18, 0.0F);
  b1.edit<float>()[1] = 0;
  b1.edit<float>()[3] = 0.5F;
  b1.edit<float>()[4] = -1;
  for (size_t o = 0; o < 4; ++o) w2.edit<float>()[o * 6 + 2] = 0;
  const ValueId c1 = append(g, OpKind::conv, "conv1", {x, add_constant(g, "w1", w1), add_constant(g, "b1", b1)});
  const ValueId r = append(g, OpKind::relu, "relu", {c1});
  const ValueId y = append(g, OpKind::conv, "conv2",
                           {r, add_constant(g, "w2", w2), add_constant(g, "b2", testing::random_floats({4}, random))});
  g.value(y).name = "y";
  g.outputs = {y};
  return g;
}

TEST_F(PruneChannels, FindsDeadAndConstantChannels) {
  const Graph graph = with_unused_channels();
  const Channels channels = Channels::find(graph);
  ASSERT_EQ(channels.groups().size(), 1U);
  EXPECT_THAT(dead_channels(graph, channels), ElementsAre(false, true, true, false, true, false));
  EXPECT_THAT(constant_channels(graph, channels), ElementsAre(false, false, false, true, false, false));
}

TEST_F(PruneChannels, UnusedChannelsGoFirstAndWithoutLoss) {
  const Graph before = with_unused_channels();
  const RowResult row = run("{ratio: 0}", false, before);
  EXPECT_THAT(widths(row.graph), ElementsAre(2, 4));
  EXPECT_EQ(details(row)["unused_channels"], 4);
  // What the constant channel gave to each output is in the bias now.
  const auto bias = [](const Graph& g) { return g.value(layers(g)[1].bias).constant->view<float>(); };
  const auto w2 = weight_of(before, 1).constant->view<float>();
  for (size_t o = 0; o < 4; ++o) EXPECT_NEAR(bias(row.graph)[o], bias(before)[o] + 0.5F * w2[o * 6 + 3], 1e-6);
  EXPECT_THAT(widths(run("{ratio: 0, unused: false}", false, before).graph), ElementsAre(6, 4));
}

TEST_F(PruneChannels, UnusedChannelsFillUpMultiples) {
  EXPECT_THAT(widths(run("{ratio: 0, round_to: 4}", false, with_unused_channels()).graph), ElementsAre(4, 4));
}

TEST_F(PruneChannels, ConstantChannelsStayInFrontOfPadding) {
  Graph graph = with_unused_channels();
  Node& conv2 = graph.node(testing::find_node(graph, "conv2"));
  conv2.attributes.set("pads", std::vector<int64_t>{1, 1, 1, 1});
  infer_shapes(graph);
  const Channels channels = Channels::find(graph);
  EXPECT_THAT(constant_channels(graph, channels), ::testing::Each(false));
  EXPECT_FALSE(dead_channels(graph, channels)[3]);
}

// An engine that knows what the norms see.
struct NormEngine : testing::ToyEngine {
  std::vector<std::string> asked;
  std::vector<Tensor> run(const Graph& graph, std::span<const Tensor> inputs, std::span<const ValueId> fetch) override {
    std::vector<Tensor> result;
    for (const ValueId v : fetch) {
      asked.push_back(graph.value(v).name);
      result.push_back(inputs[0]);
    }
    return result;
  }
};

TEST(ReestimateNorms, StatisticsAreThoseOfTheData) {
  Random random(1);
  Graph g;
  g.symbols[1] = "N";
  g.next_symbol = 2;
  const ValueId x = add_input(g, "x", DType::f32, {Dim(1, 1), 2, 2});
  const ValueId n1 = testing::append_norm(g, "n1", x, 2, random);
  const ValueId n2 = testing::append_norm(g, "n2", append(g, OpKind::relu, "r", {n1}), 2, random);
  g.outputs = {n2};
  std::vector<float> samples = {1, 3, 10, 10, 5, 7, 20, 20};  // two samples of two channels of two places
  const auto data = std::make_shared<testing::MemoryDataset>(Shape{2, 2}, samples, std::vector<int64_t>{0, 1});
  NormEngine engine;
  reestimate_norms(
      g, [&]() -> Engine& { return engine; }, data, {.batches = 4, .batch = 1}, Progress::quiet());
  const Node& norm = g.node(testing::find_node(g, "n1"));
  EXPECT_THAT(g.value(norm.inputs[3]).constant->view<float>(), ElementsAre(4, 15));
  EXPECT_THAT(g.value(norm.inputs[4]).constant->view<float>(), ElementsAre(5, 25));
  EXPECT_THAT(engine.asked, ElementsAre("x", "x", "r", "r"));
}

}  // namespace
}  // namespace pare
