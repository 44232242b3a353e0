// What observers see and what becomes of what they write.
#include "tests/unit/train/training.h"

namespace pare::testing {
namespace {

TEST(Observer, IsAskedAtEveryStepAndSeesGradients) {
  Graph g = perceptron();
  Job job = job_for(g, clusters(64, {8}, 4, 1));
  std::vector<int64_t> steps;
  Watcher watcher;
  watcher.wants = [](int64_t k) { return k % 5 == 0; };
  watcher.step = [&](State& state) {
    steps.push_back(state.step());
    EXPECT_EQ(state.steps(), 12);
    EXPECT_EQ(state.steps_per_epoch(), 4);
    EXPECT_EQ(state.parameters().size(), 6U);
    for (Parameter& p : state.parameters()) {
      EXPECT_EQ(p.graph, "student");
      EXPECT_EQ(p.weight.size(), p.gradient.size());
      EXPECT_EQ(p.mask, nullptr);
    }
  };
  job.observer = &watcher;
  fit(job);
  EXPECT_THAT(steps, ::testing::ElementsAre(0, 5, 10));
}

TEST(Observer, WrittenWeightsAndGradientsCount) {
  Graph g = line(0.5F);
  Job job =
      job_for(g, std::make_shared<MemoryDataset>(Shape{1}, std::vector<float>{1}, Shape{1}, std::vector<float>{3}));
  job.objective = {{.kind = "mse"}};
  job.options.epochs = 1;
  job.options.momentum = 0;
  Watcher watcher;
  watcher.wants = [](int64_t) { return true; };
  watcher.step = [](State& state) {
    Parameter& p = state.parameters()[0];
    EXPECT_FLOAT_EQ(p.gradient[0], -5);
    p.weight[0] = 2;
    p.gradient[0] = 10;
    state.changed(p);
  };
  job.observer = &watcher;
  fit(job);
  EXPECT_FLOAT_EQ(weights(g, "w")[0], 2 - 0.1F * 10);
}

TEST(Observer, ProjectionFollowsEveryUpdate) {
  Graph g = perceptron();
  Job job = job_for(g, clusters(64, {8}, 4, 1));
  int calls = 0;
  Watcher watcher;
  watcher.projection = [&](State& state) {
    EXPECT_EQ(state.step(), ++calls);
    for (Parameter& p : state.parameters()) {
      for (float& w : p.weight) w = std::clamp(w, -0.25F, 0.25F);
      state.changed(p);
    }
  };
  job.observer = &watcher;
  fit(job);
  EXPECT_EQ(calls, 12);
  for (const float w : weights(g, "fc1.weight")) EXPECT_LE(std::abs(w), 0.25F);
}

TEST(Observer, MasksSetAfterAnEpochHold) {
  Graph g = perceptron();
  Job job = job_for(g, clusters(64, {8}, 4, 1));
  Watcher watcher;
  watcher.epoch = [](State& state) {
    for (Parameter& p : state.parameters())
      if (p.name == "fc1.weight") state.mask(p).set(static_cast<size_t>(state.step()), false);
  };
  job.observer = &watcher;
  fit(job);
  const auto w = weights(g, "fc1.weight");
  for (const size_t i : {4U, 8U, 12U}) EXPECT_EQ(w[i], 0);
  EXPECT_EQ(named(g, "fc1.weight").encoding.mask->kept(), 125U);
}

TEST(Observer, MaskedWeightsHaveGradientsAndComeBackFromZero) {
  Graph g = line(0);
  named(g, "w").encoding.mask = BitMask(1, false);
  Job job =
      job_for(g, std::make_shared<MemoryDataset>(Shape{1}, std::vector<float>{1}, Shape{1}, std::vector<float>{3}));
  job.objective = {{.kind = "mse"}};
  job.options.epochs = 2;  // of one update each
  job.options.momentum = 0;
  Watcher watcher;
  watcher.wants = [](int64_t) { return true; };
  watcher.step = [](State& state) {
    Parameter& p = state.parameters()[0];
    EXPECT_EQ(p.weight[0], 0);
    EXPECT_FLOAT_EQ(p.gradient[0], -6);
    if (state.step() == 1) state.mask(p).set(0, true);
  };
  job.observer = &watcher;
  fit(job);
  EXPECT_FLOAT_EQ(weights(g, "w")[0], 0.6F);
}

TEST(Observer, SharedWeightsTakeTheMeanOfWhatIsWritten) {
  Graph g = line(0);
  Value& w = named(g, "w");
  w.constant = floats({1, 1}, {0.5F});
  Grid grid;
  grid.kind = GridKind::codebook;
  grid.bits = 1;
  grid.is_signed = false;
  grid.codebook = {0.5F, 9};
  w.encoding.grid = grid;
  w.encoding.levels = Tensor(DType::i32, {1, 1});
  Job job =
      job_for(g, std::make_shared<MemoryDataset>(Shape{1}, std::vector<float>{1}, Shape{1}, std::vector<float>{3}));
  job.objective = {{.kind = "mse"}};
  job.options.epochs = 1;
  Watcher watcher;
  watcher.epoch = [](State& state) {
    state.parameters()[0].weight[0] = 7;
    state.changed(state.parameters()[0]);
  };
  job.observer = &watcher;
  fit(job);
  EXPECT_THAT(named(g, "w").encoding.grid->codebook, ::testing::ElementsAre(7, 9));
}

}  // namespace
}  // namespace pare::testing
