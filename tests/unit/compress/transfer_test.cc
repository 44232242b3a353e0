// The step `transfer`: other classes, on the toy engine, through recipes.
#include "compress/finetune/transfer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/error.h"
#include "tests/support/compress_fixture.h"

namespace pare {
namespace {

using ::testing::HasSubstr;
using testing::weight_of;

class Transfer : public testing::CompressTest {
 protected:
  // From 1,001 classes; the data has 10.
  RunResult run(const std::string& steps, const std::string& output = "", bool resume = false) {
    RunOptions how = options(output);
    how.from_scratch = false;
    how.resume = resume;
    return run_recipe(parse_recipe("steps:\n" + steps, "test.yaml"), network(8, 1001), how, Progress::quiet());
  }
};

TEST_F(Transfer, FitsTheNetworkToTheClassesOfTheData) {
  const RunResult result = run("  - transfer: {head_epochs: 2, epochs: 1}\n  - prune_weights: {sparsity: 0.5}\n");
  const Graph& graph = result.rows[0].graph;
  EXPECT_EQ(weight_of(graph, 2).constant->shape(), (Shape{10, 16}));
  const auto& row = result.report["rows"][0];
  EXPECT_EQ(row["steps"][0]["history"].size(), 3U);
  EXPECT_EQ(row["steps"][0]["details"]["classifier"]["layer"], "fc3");
  EXPECT_EQ(row["steps"][0]["details"]["classifier"]["classes_before"], 1001);
  EXPECT_EQ(row["before"]["parameters"], row["after"]["parameters"]) << "before is the network that fits the data";
  EXPECT_GT(row["before"]["nonzeros"].get<int64_t>(), row["after"]["nonzeros"].get<int64_t>());
}

TEST_F(Transfer, TheFirstPhaseTrainsTheClassifierAlone) {
  const Graph start = network(8, 1001), head = run("  - transfer: {head_epochs: 2, epochs: 0}\n").rows[0].graph;
  EXPECT_EQ(*weight_of(head, 0).constant, *weight_of(start, 0).constant);
  EXPECT_EQ(*weight_of(head, 1).constant, *weight_of(start, 1).constant);
  const Graph both = run("  - transfer: {head_epochs: 0, epochs: 1}\n").rows[0].graph;
  EXPECT_FALSE(*weight_of(both, 0).constant == *weight_of(start, 0).constant);
  const Graph still = run("  - transfer: {head_epochs: 0, epochs: 1, backbone_rate_factor: 0}\n").rows[0].graph;
  EXPECT_EQ(*weight_of(still, 0).constant, *weight_of(start, 0).constant);
}

TEST_F(Transfer, KilledAtEveryCallAndResumedGivesTheSameBytes) {
  const std::string steps = "  - transfer: {head_epochs: 2, epochs: 2}\n  - pack\n";
  run(steps, out("whole"));
  const int64_t all = engine->calls;
  for (int64_t lives = 0; lives < all; ++lives) {
    std::filesystem::remove_all(out("cut"));
    engine->calls = 0;
    engine->lives = lives;
    EXPECT_THROW(run(steps, out("cut")), testing::Killed);
    engine->lives = -1;
    run(steps, out("cut"), true);
    ASSERT_EQ(read(out("cut") + "/model.pare"), read(out("whole") + "/model.pare")) << lives;
  }
}

TEST_F(Transfer, MistakesAreFoundBeforeAnythingRuns) {
  const auto error = [&](const std::string& steps) -> std::string {
    try {
      run(steps);
    } catch (const Error& e) {
      EXPECT_EQ(e.code(), Code::invalid);
      return e.what();
    }
    return "no error";
  };
  EXPECT_THAT(error("  - transfer: {head: fc9}\n"), HasSubstr("did you mean"));
  EXPECT_THAT(error("  - transfer: {head: 'fc*'}\n"), HasSubstr("3 layers match 'fc*'"));
  EXPECT_THAT(error("  - transfer: {rates: {nope: 1}}\n"), HasSubstr("nope"));
  EXPECT_THAT(error("  - train\n"), HasSubstr("1001 classes"));
  EXPECT_EQ(engine->calls, 0);
}

TEST_F(Transfer, DataFollowsTheModelsImages) {
  Graph graph = network(16, 5);
  const Data small = open_data(data(), follow_model(graph, {}));
  EXPECT_EQ(small.train->spec().inputs[0].shape, (Shape{1, 16, 16}));
  to_metadata({.order = "L", .size = {8, 8}, .classes = {"cat", "dog"}}, graph.origin.metadata);
  const DataOptions options = follow_model(graph, {});
  EXPECT_TRUE(options.preprocessing->classes.empty()) << "those of the data take their place";
  EXPECT_EQ(open_data(data(), options).preprocessing.size, (std::vector<int64_t>{16, 16}));
}

}  // namespace
}  // namespace pare
