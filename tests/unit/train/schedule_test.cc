#include <cmath>

#include "core/error.h"
#include "gtest/gtest.h"
#include "train/engine.h"

namespace pare {
namespace {

TrainOptions options(const std::string& schedule) {
  TrainOptions o;
  o.schedule = schedule;
  o.rate = 0.5;
  return o;
}
constexpr int64_t kPerEpoch = 10, kSteps = 100;
double rate(const TrainOptions& o, int64_t step) { return learning_rate(o, step, kSteps, kPerEpoch); }

TEST(Schedule, Constant) {
  for (int64_t s : {0, 50, 99}) EXPECT_EQ(rate(options("constant"), s), 0.5);
}
TEST(Schedule, CosineGoesFromTheRateToItsFinalShare) {
  TrainOptions o = options("cosine");
  o.final_rate = 0.1;
  EXPECT_DOUBLE_EQ(rate(o, 0), 0.5);
  EXPECT_NEAR(rate(o, 50), 0.5 * 0.55, 1e-12);
  EXPECT_NEAR(rate(o, 100), 0.05, 1e-12);
}
TEST(Schedule, StepAndMultiStepCountEpochs) {
  TrainOptions o = options("step");
  o.step_epochs = 3, o.gamma = 0.1;
  EXPECT_DOUBLE_EQ(rate(o, 29), 0.5);
  EXPECT_DOUBLE_EQ(rate(o, 30), 0.05);
  EXPECT_NEAR(rate(o, 60), 0.005, 1e-12);
  o = options("multi_step");
  o.milestones = {2, 5}, o.gamma = 0.5;
  EXPECT_DOUBLE_EQ(rate(o, 19), 0.5);
  EXPECT_DOUBLE_EQ(rate(o, 20), 0.25);
  EXPECT_DOUBLE_EQ(rate(o, 50), 0.125);
}
TEST(Schedule, WarmUpRisesLinearlyFromAboveZero) {
  TrainOptions o = options("constant");
  o.warmup = 2;
  EXPECT_GT(rate(o, 0), 0);
  EXPECT_NEAR(rate(o, 1) - rate(o, 0), rate(o, 11) - rate(o, 10), 1e-12);
  EXPECT_LT(rate(o, 19), 0.5);
  EXPECT_EQ(rate(o, 20), 0.5);
}
TEST(Schedule, OneCycleRisesThenFalls) {
  TrainOptions o = options("one_cycle");
  o.warmup = 0.4, o.final_rate = 0.01;
  EXPECT_NEAR(rate(o, 0), 0.5 / 25, 1e-12);
  EXPECT_NEAR(rate(o, 40), 0.5, 1e-12);
  for (int64_t s = 1; s <= 40; ++s) EXPECT_GT(rate(o, s), rate(o, s - 1));
  for (int64_t s = 41; s < kSteps; ++s) EXPECT_LT(rate(o, s), rate(o, s - 1));
  EXPECT_NEAR(rate(o, kSteps - 1), 0.005, 1e-12);
}
TEST(Schedule, IsFiniteForTheShortestRuns) {
  for (const char* name : {"constant", "step", "multi_step", "cosine", "one_cycle"})
    for (const double warmup : {0.0, 0.5, 1.0, 3.0}) {
      TrainOptions o = options(name);
      o.warmup = warmup;
      const double r = learning_rate(o, 0, 1, 1);
      EXPECT_TRUE(std::isfinite(r) && r > 0 && r <= 0.5) << name << ' ' << warmup << ' ' << r;
    }
}
TEST(Schedule, UnknownNamesAreRefused) { EXPECT_THROW(rate(options("spiral"), 0), Error); }

}  // namespace
}  // namespace pare
