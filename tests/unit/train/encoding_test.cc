// Training through encodings: masks hold, codebooks move by the sum over their members, grids stay put.
#include "tests/unit/train/training.h"

namespace pare::testing {
namespace {

// Every fourth weight gone.
BitMask some_gone(size_t size) {
  BitMask mask(size);
  for (size_t i = 0; i < size; i += 4) mask.set(i, false);
  return mask;
}
void put_mask(Value& value) {
  value.encoding.mask = some_gone(static_cast<size_t>(value.constant->size()));
  auto w = value.constant->edit<float>();
  for (size_t i = 0; i < w.size(); i += 4) w[i] = 0;
}
// Levels i % entries of a codebook whose first entry is zero.
void put_codebook(Value& value, const std::vector<float>& codebook) {
  Grid grid;
  grid.kind = GridKind::codebook;
  grid.bits = 2;
  grid.is_signed = false;
  grid.codebook = codebook;
  Tensor levels(DType::i32, value.constant->shape());
  auto out = levels.edit<int32_t>();
  for (size_t i = 0; i < out.size(); ++i) out[i] = static_cast<int32_t>(i % codebook.size());
  value.constant = *dequantize(grid, levels, value.constant->shape());
  value.encoding.grid = grid;
  value.encoding.levels = levels;
}

TEST(Encoding, MaskedWeightsStayExactlyZero) {
  for (const char* optimizer : {"sgd", "adam", "adamw"}) {
    Graph g = perceptron();
    put_mask(named(g, "fc1.weight"));
    Job job = job_for(g, clusters(128, {8}, 4, 1));
    job.options.optimizer = optimizer;
    job.options.rate = 0.01;
    job.options.weight_decay = 0.01;
    job.options.ema = 0.5;
    job.options.clip_norm = 1;
    fit(job);
    const auto w = weights(g, "fc1.weight");
    for (size_t i = 0; i < w.size(); ++i) {
      if (i % 4 == 0)
        EXPECT_EQ(std::bit_cast<uint32_t>(w[i]), 0U) << optimizer;
      else
        EXPECT_NE(w[i], 0) << optimizer;
    }
    verify(g);
  }
}

TEST(Encoding, CodebookEntriesMoveByTheSumOverTheirMembers) {
  Graph g = perceptron(4, false);
  put_codebook(named(g, "fc1.weight"), {0, -0.3F, 0.2F, 0.4F});
  const Graph before = g;
  Job job = job_for(g, clusters(16, {8}, 4, 1));
  job.options.epochs = 1;
  job.options.momentum = 0;
  std::vector<float> gradient;
  Watcher watcher;
  watcher.wants = [](int64_t) { return true; };
  watcher.step = [&](State& state) {
    for (Parameter& p : state.parameters())
      if (p.name == "fc1.weight") gradient.assign(p.gradient.begin(), p.gradient.end());
  };
  job.observer = &watcher;
  fit(job);
  std::vector<double> sums(4);
  for (size_t i = 0; i < gradient.size(); ++i) sums[i % 4] += gradient[i];
  const std::vector<float>& moved = named(g, "fc1.weight").encoding.grid->codebook;
  EXPECT_EQ(moved[0], 0) << "zero stays zero";
  for (size_t k = 1; k < 4; ++k) {
    EXPECT_NEAR(moved[k], named(const_cast<Graph&>(before), "fc1.weight").encoding.grid->codebook[k] - 0.1 * sums[k],
                1e-6);
    EXPECT_NE(sums[k], 0);
  }
}

TEST(Encoding, ConstantsAreTheirLevelsAfterTraining) {
  Graph g = perceptron();
  put_mask(named(g, "fc2.weight"));
  put_codebook(named(g, "fc1.weight"), {0, -0.3F, 0.2F, 0.4F});
  for (const double ema : {0.0, 0.9}) {
    Job job = job_for(g, clusters(128, {8}, 4, 1));
    job.options.ema = ema;
    job.options.optimizer = "adam";
    job.options.rate = 0.01;
    fit(job);
    verify(g);
    const Value& w = named(g, "fc1.weight");
    EXPECT_EQ(*w.constant, *dequantize(*w.encoding.grid, *w.encoding.levels, w.constant->shape()));
  }
}

TEST(Encoding, AMaskedCodebookLosesItsElementsToZero) {
  Graph g = perceptron();
  put_codebook(named(g, "fc1.weight"), {0, -0.3F, 0.2F, 0.4F});
  Job job = job_for(g, clusters(64, {8}, 4, 1));
  Watcher watcher;
  watcher.wants = [](int64_t k) { return k == 2; };
  watcher.step = [&](State& state) {
    for (Parameter& p : state.parameters())
      if (p.name == "fc1.weight") state.mask(p).set(1, false);
  };
  job.observer = &watcher;
  fit(job);
  verify(g);
  EXPECT_EQ(weights(g, "fc1.weight")[1], 0);
  EXPECT_NE(weights(g, "fc1.weight")[5], 0);
}

TEST(Encoding, AffineWeightsStayOnTheirGrid) {
  Graph g = perceptron();
  put_on_grid(named(g, "fc1.weight"));
  const auto before = weights(g, "fc1.weight");
  Job job = job_for(g, clusters(64, {8}, 4, 1));
  fit(job);
  EXPECT_EQ(weights(g, "fc1.weight"), before);
  verify(g);
}

TEST(Encoding, RegrownWeightsStartWithoutMomentum) {
  // One weight, masked at step 2 and regrown at step 4: from there on it moves as if momentum were new.
  Graph g = line(0.5F);
  Job job =
      job_for(g, std::make_shared<MemoryDataset>(Shape{1}, std::vector<float>{1}, Shape{1}, std::vector<float>{3}));
  job.objective = {{.kind = "mse"}};
  job.options.epochs = 6;
  job.options.rate = 0.05;
  Watcher watcher;
  watcher.wants = [](int64_t k) { return k == 2 || k == 4; };
  watcher.step = [](State& state) { state.mask(state.parameters()[0]).set(0, state.step() == 4); };
  std::vector<float> seen;
  watcher.epoch = [&](State& state) { seen.push_back(state.parameters()[0].weight[0]); };
  job.observer = &watcher;
  fit(job);
  EXPECT_EQ(seen[2], 0);
  EXPECT_EQ(seen[3], 0);
  double w = 0, m = 0;
  for (int i = 4; i < 6; ++i) {
    m = 0.9 * m + 2 * (w - 3);
    w -= 0.05 * m;
    EXPECT_NEAR(seen[static_cast<size_t>(i)], w, 1e-5);
  }
}

}  // namespace
}  // namespace pare::testing
