// Targets that are not one class per sample: values, maps of classes, mixtures.
#include <cmath>

#include "core/data/array_set.h"
#include "tests/unit/train/training.h"
#include "train/evaluation.h"

namespace pare::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

// Scores (N, 3, 2, 2) as they come in.
Graph map_scores() {
  Graph g;
  g.symbols[1] = "N";
  g.next_symbol = 2;
  g.outputs = {append(g, OpKind::identity, "y", {add_input(g, "x", DType::f32, {Dim(1, 1), 3, 2, 2})})};
  return g;
}
// Two samples whose likeliest classes are 0 1 / 1 2 and 2 2 / 2 0.
DatasetPtr maps(const std::vector<int64_t>& truth) {
  std::vector<float> scores(24);
  const size_t answers[] = {0, 1, 1, 2, 2, 2, 2, 0};
  for (size_t i = 0; i < 8; ++i) scores[i / 4 * 12 + answers[i] * 4 + i % 4] = 5;
  return array_set({Tensor::of<float>({2, 3, 2, 2}, scores), Tensor::of<int64_t>({2, 2, 2}, truth), 255}, {3, 2, 2},
                   DType::f32);
}

TEST(Targets, ClassMapsGivePixelAccuracyAndIou) {
  EvaluateOptions options;
  options.batch = 1;
  options.confusion = true;
  // Six of seven pixels are right; one does not count.
  const DatasetPtr data = maps({0, 1, 1, 2, 2, 255, 1, 0});
  const Evaluation e = engine().evaluate(map_scores(), *data, options, Progress::quiet());
  EXPECT_EQ(e.task, Evaluation::Task::class_maps);
  EXPECT_EQ(e.samples, 2);
  EXPECT_EQ(e.answers, 7);
  EXPECT_EQ(e.correct, 6);
  EXPECT_DOUBLE_EQ(e.top1, 6.0 / 7);
  EXPECT_THAT(e.confusion, ElementsAre(2, 0, 0, 0, 2, 1, 0, 0, 2));
  EXPECT_DOUBLE_EQ(e.mean_iou, (1 + 2.0 / 3 + 2.0 / 3) / 3);
  const double hit = -std::log(std::exp(5.0) / (std::exp(5.0) + 2));
  EXPECT_NEAR(e.loss, (6 * hit + hit + 5) / 7, 1e-5);
  EXPECT_EQ(figures_text(e), "pixel accuracy 85.71 %, mean IoU 77.78 %");
  EXPECT_TRUE(engine().evaluate(map_scores(), *data, {}, Progress::quiet()).confusion.empty());
}

TEST(Targets, ClassesThatNeverOccurDoNotCount) {
  const Evaluation e =
      engine().evaluate(map_scores(), *maps({255, 1, 1, 255, 255, 255, 255, 255}), {}, Progress::quiet());
  EXPECT_DOUBLE_EQ(e.mean_iou, 1);
  const Evaluation none = engine().evaluate(map_scores(), *maps(std::vector<int64_t>(8, 255)), {}, Progress::quiet());
  EXPECT_EQ(none.answers, 0);
  EXPECT_EQ(none.loss, 0);
}

TEST(Targets, NetworksLearnMaps) {
  // Each pixel's class is told by its channel with the largest value: a 1 x 1 convolution learns that.
  Random random(3);
  Tensor x = random_floats({64, 3, 4, 4}, random);
  Tensor y(DType::i64, {64, 4, 4});
  for (size_t i = 0; i < 64 * 16; ++i) {
    const float* at = x.view<float>().data() + i / 16 * 48 + i % 16;
    y.edit<int64_t>()[i] = at[0] > at[16] ? (at[0] > at[32] ? 0 : 2) : (at[16] > at[32] ? 1 : 2);
  }
  Graph g;
  g.symbols[1] = "N";
  g.next_symbol = 2;
  const ValueId in = add_input(g, "x", DType::f32, {Dim(1, 1), 3, 4, 4});
  const ValueId w = add_constant(g, "conv.weight", random_floats({3, 3, 1, 1}, random, -0.1, 0.1));
  g.outputs = {append(g, OpKind::conv, "conv", {in, w})};
  mark_trainable(g);
  const DatasetPtr data = array_set({x, y}, {3, 4, 4}, DType::f32);
  Job job = job_for(g, data, data);
  job.options.epochs = 20;
  job.options.rate = 1;
  fit(job);
  EXPECT_GT(job.history.back().validation->top1, 0.95);
  EXPECT_GT(job.history.back().validation->mean_iou, 0.9);
}

TEST(Targets, ValuesGiveTheSquaredErrorAndNoAccuracy) {
  const MemoryDataset data({1}, {1, 2}, Shape{1}, {1, 5});
  const Evaluation e = engine().evaluate(line(1), data, {}, Progress::quiet());
  EXPECT_EQ(e.task, Evaluation::Task::values);
  EXPECT_DOUBLE_EQ(e.loss, 4.5);
  EXPECT_EQ(e.answers, 0);
  EXPECT_EQ(figures_text(e), "mean squared error 4.5");
  std::vector<std::string> figures;
  for (const FigureDef& figure : figure_list())
    if (figure.applies(e)) figures.emplace_back(figure.name);
  EXPECT_THAT(figures, ElementsAre("mse", "loss"));
}

TEST(Targets, MapsOfAnotherSizeAreExplained) {
  const DatasetPtr data =
      array_set({Tensor(DType::f32, {2, 3, 2, 2}), Tensor(DType::i64, {2, 3, 3})}, {3, 2, 2}, DType::f32);
  EXPECT_THAT(message([&] { (void)engine().evaluate(map_scores(), *data, {}, Progress::quiet()); }, Code::invalid),
              HasSubstr("class maps differ in size"));
}

TEST(Targets, MixturesAreLearnedAndRepeatBitForBit) {
  const auto run = [] {
    Graph g = perceptron();
    Job job = job_for(g, clusters(256, {8}, 4, 1, 0.3), clusters(128, {8}, 4, 2, 0.3));
    job.options.epochs = 6;
    job.options.label_smoothing = 0.05;
    job.options.augment = Param::map();
    job.options.augment.set("mixup", Param::text("0.3"));
    fit(job);
    EXPECT_GT(job.history.back().validation->top1, 0.9);
    return bits(g);
  };
  EXPECT_EQ(run(), run());
}

TEST(Targets, RareClassesAreLearnedWhenSamplingIsBalanced) {
  // 960 samples of class 0, 64 of class 1, that overlap: without balance most answers are 0.
  Random random(4);
  const auto make = [&](int zeros, int ones) {
    std::vector<float> x;
    std::vector<int64_t> y(static_cast<size_t>(zeros), 0);
    y.resize(static_cast<size_t>(zeros + ones), 1);
    for (const int64_t c : y)
      for (int k = 0; k < 8; ++k) x.push_back(static_cast<float>(0.5 * static_cast<double>(c) + random.normal()));
    return std::make_shared<MemoryDataset>(Shape{8}, x, y);
  };
  const DatasetPtr train = make(960, 64), even = make(200, 200);
  const auto recall = [&](const char* sampling) {
    Graph g = perceptron(2, false);
    Job job = job_for(g, train);
    job.options.epochs = 5;
    job.options.sampling = sampling;
    fit(job);
    EvaluateOptions options;
    options.confusion = true;
    const Evaluation e = engine().evaluate(g, *even, options, Progress::quiet());
    return static_cast<double>(e.confusion[3]) / 200;
  };
  EXPECT_GT(recall("balanced"), recall("shuffle") + 0.2);
}

}  // namespace
}  // namespace pare::testing
