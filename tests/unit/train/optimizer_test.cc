// Update rules against their formulas (PyTorch's semantics), on one weight whose gradient is known.
#include <cmath>

#include "tests/unit/train/training.h"

namespace pare::testing {
namespace {

constexpr double kTarget = 3, kStart = 0.5;
double gradient_at(double w) { return 2 * (w - kTarget); }

// The weight after `steps` updates on the sample x = 1, t = 3.
double trained(const std::function<void(TrainOptions&)>& change, int64_t steps = 7) {
  Graph g = line(kStart);
  Job job = job_for(
      g, std::make_shared<MemoryDataset>(Shape{1}, std::vector<float>{1}, Shape{1}, std::vector<float>{kTarget}));
  job.objective = {{.kind = "mse"}};
  job.options.epochs = steps;
  job.options.rate = 0.05;
  job.options.momentum = 0.9;
  change(job.options);
  fit(job);
  return weights(g, "w")[0];
}

TEST(Optimizer, SgdWithMomentumAndDecay) {
  for (const bool nesterov : {false, true}) {
    double w = kStart, m = 0;
    for (int t = 0; t < 7; ++t) {
      const double g = gradient_at(w) + 0.1 * w;
      m = 0.9 * m + g;
      w -= 0.05 * (nesterov ? g + 0.9 * m : m);
    }
    EXPECT_NEAR(trained([&](TrainOptions& o) { o.nesterov = nesterov, o.weight_decay = 0.1; }), w, 1e-5);
  }
}

TEST(Optimizer, PlainSgd) {
  double w = kStart;
  for (int t = 0; t < 7; ++t) w -= 0.05 * gradient_at(w);
  EXPECT_NEAR(trained([](TrainOptions& o) { o.momentum = 0; }), w, 1e-5);
}

TEST(Optimizer, AdamAndAdamW) {
  for (const bool decoupled : {false, true}) {
    double w = kStart, m = 0, v = 0;
    for (int t = 1; t <= 7; ++t) {
      double g = gradient_at(w);
      if (decoupled)
        w *= 1 - 0.05 * 0.1;
      else
        g += 0.1 * w;
      m = 0.9 * m + 0.1 * g, v = 0.99 * v + 0.01 * g * g;
      w -= 0.05 * (m / (1 - std::pow(0.9, t))) / (std::sqrt(v / (1 - std::pow(0.99, t))) + 1e-3);
    }
    const auto options = [&](TrainOptions& o) {
      o.optimizer = decoupled ? "adamw" : "adam";
      o.beta2 = 0.99, o.epsilon = 1e-3, o.weight_decay = 0.1;
    };
    EXPECT_NEAR(trained(options), w, 1e-5) << decoupled;
  }
}

TEST(Optimizer, ClippingLimitsTheNorm) {
  EXPECT_NEAR(trained([](TrainOptions& o) { o.momentum = 0, o.clip_norm = 0.5; }), kStart + 7 * 0.05 * 0.5, 1e-4);
}

TEST(Optimizer, AverageFollowsItsDecay) {
  double w = kStart, average = kStart;
  for (int t = 0; t < 7; ++t) {
    w -= 0.05 * gradient_at(w);
    average = 0.8 * average + 0.2 * w;
  }
  EXPECT_NEAR(trained([](TrainOptions& o) { o.momentum = 0, o.ema = 0.8; }), average, 1e-5);
}

TEST(Optimizer, BiasesAndNormsDecayOnlyWhenAsked) {
  const auto after = [](bool everything) {
    Graph g = perceptron();
    Job job = job_for(g, clusters(16, {8}, 4, 1));
    job.options.epochs = 1;
    job.options.momentum = 0;
    job.options.weight_decay = 1;
    job.options.decay_norm_and_bias = everything;
    fit(job);
    return g;
  };
  const Graph start = perceptron(), some = after(false), all = after(true);
  EXPECT_EQ(weights(some, "fc1.weight"), weights(all, "fc1.weight"));
  const auto before = weights(start, "norm.scale"), kept = weights(some, "norm.scale"),
             shrunk = weights(all, "norm.scale");
  for (size_t i = 0; i < before.size(); ++i) EXPECT_NEAR(kept[i] - shrunk[i], 0.1 * before[i], 1e-5);
}

}  // namespace
}  // namespace pare::testing
