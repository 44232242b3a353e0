#include "compress/metric.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/error.h"
#include "report/report.h"
#include "tests/support/compress_fixture.h"

namespace pare {
namespace {

using ::testing::HasSubstr;

class Metrics : public testing::CompressTest {
 protected:
  static double measure(const std::string& command, double timeout = 60) {
    return command_metric({.metric_command = command, .metric_timeout = timeout})
        ->measure(network(), Progress::quiet());
  }
  static std::string error_of(const std::string& command, double timeout = 60) {
    try {
      measure(command, timeout);
    } catch (const Error& e) {
      EXPECT_EQ(e.code(), Code::invalid);
      return e.what();
    }
    return "no error";
  }
};

TEST_F(Metrics, TheLastLineOfTheCommandIsTheNumber) {
  EXPECT_EQ(measure("echo ignored; echo ' 0.25 '; true"), 0.25);
  EXPECT_EQ(measure("echo -3e2 #"), -300);
  EXPECT_EQ(command_metric({}), nullptr);
}

TEST_F(Metrics, TheFileIsTheLastArgument) {
  EXPECT_GT(measure("wc -c < \"$1\""), 1000);
  EXPECT_GT(measure("f() { test $# -eq 2 && wc -c < \"$2\"; }; f x"), 1000) << "the path goes to the end of the text";
  EXPECT_GT(measure("grep -c '' --"), 0);
}

TEST_F(Metrics, WhatGoesWrongIsSaid) {
  EXPECT_THAT(error_of("echo why >&2; exit 4 #"), HasSubstr("status 4; stderr ends: why"));
  EXPECT_THAT(error_of("true"), HasSubstr("printed nothing"));
  EXPECT_THAT(error_of("echo 0.5; echo well"), HasSubstr("'well"));
  EXPECT_THAT(error_of("echo nan #"), HasSubstr("'nan'"));
  EXPECT_THAT(error_of("echo start >&2; sleep 60 #", 0.3), HasSubstr("took longer than 0.3 s"));
  EXPECT_THAT(error_of("no-such-program-anywhere"), HasSubstr("status 127"));
}

TEST_F(Metrics, OfDataIsWhatTheEngineSays) {
  const Data parts = open_data(data());
  Graph graph = network();
  const double top1 = engine->evaluate(graph, *parts.test, {}, Progress::quiet()).top1;
  EXPECT_EQ(data_metric("top1", *engine, *parts.test)->measure(graph, Progress::quiet()), top1);
  EXPECT_FALSE(data_metric("loss", *engine, *parts.test)->larger_is_better());
  EXPECT_THROW(data_metric("accuracy", *engine, *parts.test), Error);
}

TEST_F(Metrics, JudgesARunInItsOwnUnitWithoutData) {
  RunOptions how = options();
  how.data.clear();
  how.metric = command_metric({.metric_command = "wc -c < \"$1\""}, {.weights = WeightStyle::plain});
  how.max_drop = 1;
  const Recipe recipe = parse_recipe("steps:\n  - prune_weights: {sparsity: 0.5}\n", "r");
  const RunResult kept = run_recipe(recipe, network(), how, Progress::quiet());
  const auto& row = kept.report["rows"][0];
  EXPECT_EQ(row["before"]["metric"]["name"], "command");
  EXPECT_EQ(row["drop"], 0.0) << "zeros take as many bytes";
  EXPECT_TRUE(kept.goal_reached);
  EXPECT_THAT(report_to_text(kept.report), HasSubstr("metric: command"));

  int calls = 0;
  struct Falling : Metric {
    int& n;
    explicit Falling(int& count) : n(count) {}
    std::string name() const override { return "falling"; }
    std::string identity() const override { return "falling"; }
    double measure(const Graph&, Progress&) override { return -10.0 * n++; }
  };
  how.metric = std::make_shared<Falling>(calls);
  EXPECT_FALSE(run_recipe(recipe, network(), how, Progress::quiet()).goal_reached);
  EXPECT_EQ(calls, 2) << "before and after";
}

}  // namespace
}  // namespace pare
