// What a training run does as a whole: it learns, repeats itself bit for bit, resumes, and says what is wrong.
#include <limits>

#include "tests/unit/train/training.h"

namespace pare::testing {
namespace {

using ::testing::HasSubstr;

TEST(Fit, LearnsSeparableClasses) {
  Graph g = perceptron(4, true, 0.1F);
  Job job = job_for(g, clusters(512, {8}, 4, 1, 0.3), clusters(256, {8}, 4, 2, 0.3));
  job.options.epochs = 8;
  fit(job);
  ASSERT_EQ(job.history.size(), 8U);
  EXPECT_LT(job.history.back().train_loss, 0.6 * job.history.front().train_loss);
  ASSERT_TRUE(job.history.back().validation);
  EXPECT_GT(job.history.back().validation->top1, 0.95);
  const Evaluation again = engine().evaluate(g, *job.validation, {}, Progress::quiet());
  EXPECT_EQ(again.correct, job.history.back().validation->correct) << "what was measured is what was written back";
}

TEST(Fit, EveryOptimizerScheduleAndPrecisionLearns) {
  for (const char* optimizer : {"sgd", "adam", "adamw"})
    for (const char* precision : {"float32", "bf16"}) {
      Graph g = perceptron(4, true, 0.2F);
      Job job = job_for(g, clusters(256, {8}, 4, 1), clusters(256, {8}, 4, 2));
      job.options.epochs = 6;
      job.options.optimizer = optimizer;
      job.options.precision = precision;
      job.options.rate = optimizer == std::string("sgd") ? 0.1 : 0.01;
      job.options.schedule = "one_cycle";
      job.options.label_smoothing = 0.1;
      fit(job);
      EXPECT_GT(job.history.back().validation->top1, 0.8) << optimizer << ' ' << precision;
    }
}

TEST(Fit, TheSameSeedGivesTheSameBits) {
  const auto run = [](uint64_t seed) {
    Graph g = perceptron(4, true, 0.3F);
    Job job = job_for(g, clusters(200, {8}, 4, 1));
    job.seed = seed;
    fit(job);
    return bits(g);
  };
  EXPECT_EQ(run(1), run(1));
  EXPECT_NE(run(1), run(2));
}

TEST(Fit, AResumedRunEndsWithTheBitsOfAnUninterruptedOne) {
  for (const char* optimizer : {"sgd", "adam"}) {
    const auto run = [&](std::vector<std::byte> resume, int64_t keep, std::vector<std::byte>* kept,
                         Job* out = nullptr) {
      Graph g = perceptron(4, true, 0.3F);
      BitMask mask(128);
      for (size_t i = 0; i < 128; i += 3) mask.set(i, false);
      named(g, "fc1.weight").encoding.mask = mask;
      auto w = named(g, "fc1.weight").constant->edit<float>();
      for (size_t i = 0; i < 128; i += 3) w[i] = 0;
      Value& shared = named(g, "fc2.weight");  // of a codebook, which the mask changes too
      Grid grid{.kind = GridKind::codebook, .bits = 2, .is_signed = false, .codebook = {-0.3F, 0, 0.1F, 0.4F}};
      std::vector<int32_t> levels(64);
      for (size_t i = 0; i < 64; ++i) levels[i] = static_cast<int32_t>(i * i % 7 % 4);
      shared.encoding.levels = Tensor::of<int32_t>({4, 16}, levels);
      shared.constant = *dequantize(grid, *shared.encoding.levels, {4, 16});
      shared.encoding.grid = grid;
      Job job = job_for(g, clusters(100, {8}, 4, 1), clusters(50, {8}, 4, 2));
      job.options.optimizer = optimizer;
      job.options.rate = 0.02;
      job.options.epochs = 5;
      job.options.schedule = "cosine";
      job.options.ema = 0.9;
      job.resume = std::move(resume);
      job.save = [&](std::span<const std::byte> bytes, int64_t epoch) {
        if (epoch == keep && kept) kept->assign(bytes.begin(), bytes.end());
      };
      Watcher pruner;  // masks another weight in the third epoch
      pruner.wants = [](int64_t k) { return k == 16; };
      pruner.step = [](State& state) {
        for (Parameter& p : state.parameters())
          if (p.name == "fc2.weight") state.mask(p).set(3, false);
      };
      job.observer = &pruner;
      fit(job);
      if (out) *out = job;
      return bits(g);
    };
    for (const int64_t epoch : {1, 2, 4, 5}) {
      std::vector<std::byte> checkpoint;
      Job whole, resumed;
      const std::string straight = run({}, epoch, &checkpoint, &whole);
      ASSERT_FALSE(checkpoint.empty());
      EXPECT_EQ(run(checkpoint, 0, nullptr, &resumed), straight) << optimizer << " from epoch " << epoch;
      ASSERT_EQ(resumed.history.size(), 5U);
      for (size_t i = 0; i < 5; ++i) EXPECT_EQ(resumed.history[i].train_loss, whole.history[i].train_loss);
    }
  }
}

TEST(Fit, ForeignAndBrokenCheckpointsAreRefused) {
  std::vector<std::byte> saved;
  const auto run = [&](std::vector<std::byte> resume, double rate) {
    Graph g = perceptron();
    Job job = job_for(g, clusters(64, {8}, 4, 1));
    job.options.rate = rate;
    job.resume = std::move(resume);
    job.save = [&](std::span<const std::byte> bytes, int64_t) { saved.assign(bytes.begin(), bytes.end()); };
    fit(job);
  };
  run({}, 0.1);
  const std::vector<std::byte> good = saved;
  EXPECT_THAT(message([&] { run(good, 0.2); }, Code::invalid), HasSubstr("another run"));
  for (size_t length = 1; length < good.size(); length += 97)
    EXPECT_THROW(run({good.begin(), good.begin() + static_cast<std::ptrdiff_t>(length)}, 0.1), Error);
}

TEST(Fit, OnlyTrainableValuesMove) {
  Graph g = perceptron();
  named(g, "fc1.weight").trainable = false;
  named(g, "norm.scale").trainable = named(g, "norm.shift").trainable = false;
  const Graph before = g;
  Job job = job_for(g, clusters(64, {8}, 4, 1));
  fit(job);
  for (const char* name : {"fc1.weight", "norm.scale", "norm.shift", "norm.mean", "norm.var"})
    EXPECT_EQ(weights(g, name), weights(before, name)) << name;
  EXPECT_NE(weights(g, "fc2.weight"), weights(before, "fc2.weight"));
}

TEST(Fit, BatchNormTracksTheDataWithItsMomentum) {
  Graph g;
  g.symbols[1] = "N";
  g.next_symbol = 2;
  const ValueId x = add_input(g, "x", DType::f32, {Dim(1, 1), 1});
  const auto constant = [&](const char* name, float v) { return add_constant(g, name, floats({1}, {v})); };
  g.outputs = {append(g, OpKind::batch_normalization, "norm",
                      {x, constant("s", 1), constant("b", 0), constant("m", 10), constant("v", 2)},
                      attributes({{"momentum", 0.75F}}))};
  mark_trainable(g);
  Job job = job_for(g, std::make_shared<MemoryDataset>(Shape{1}, std::vector<float>{1, 3, 5, 7}, Shape{1},
                                                       std::vector<float>{0, 0, 0, 0}));
  job.objective = {{.kind = "mse"}};
  job.options.epochs = 1;
  job.options.batch = 4;
  fit(job);
  EXPECT_NEAR(weights(g, "m")[0], 0.75 * 10 + 0.25 * 4, 1e-5);
  EXPECT_NEAR(weights(g, "v")[0], 0.75 * 2 + 0.25 * (20.0 / 3), 1e-5);  // unbiased variance of 1, 3, 5, 7
}

TEST(Fit, ATeacherStaysAsItIsAndTeaches) {
  Graph teacher = perceptron(4, true, 0, 3);
  Job first = job_for(teacher, clusters(512, {8}, 4, 1));
  first.options.epochs = 6;
  fit(first);
  const std::string before = bits(teacher);
  Graph student = perceptron(4, true, 0, 4);
  const auto distance = [&] {
    const std::vector<Tensor> in{random_floats({64, 8}, *std::make_unique<Random>(9))};
    const Tensor a = engine().run(student, in)[0], b = engine().run(teacher, in)[0];
    double sum = 0;
    for (size_t i = 0; i < 256; ++i) sum += std::abs(a.view<float>()[i] - b.view<float>()[i]);
    return sum;
  };
  const double far = distance();
  Job job = job_for(student, clusters(512, {8}, 4, 1));
  job.graphs.push_back({"teacher", &teacher, false});
  job.objective = {{.kind = "mse", .weight = 1, .inputs = {"student", "teacher"}},
                   {.kind = "kl", .weight = 0.5, .inputs = {"student", "teacher"}, .options = {{"temperature", 2}}},
                   {.kind = "mse", .weight = 0.1, .inputs = {"student:relu", "teacher:relu"}}};
  job.options.epochs = 6;
  job.options.rate = 0.05;
  fit(job);
  EXPECT_EQ(bits(teacher), before);
  EXPECT_LT(distance(), 0.5 * far);
}

TEST(Fit, SoftmaxOutputsTrainOnTheirLogits) {
  Graph plain = perceptron(4, false), softmax = perceptron(4, false);
  softmax.outputs = {append(softmax, OpKind::softmax, "probabilities", {softmax.outputs[0]})};
  for (Graph* g : {&plain, &softmax}) {
    Job job = job_for(*g, clusters(64, {8}, 4, 1));
    fit(job);
  }
  EXPECT_EQ(bits(plain), bits(softmax));
}

TEST(Fit, ErrorsSayWhatIsWrong) {
  const auto failing = [](const std::function<void(Job&, Graph&)>& change, Code code = Code::invalid,
                          int64_t classes = 4) {
    Graph g = perceptron(classes);
    const std::string before = bits(g);
    Job job = job_for(g, clusters(64, {8}, 4, 1));
    change(job, g);
    const std::string text = message([&] { fit(job); }, code);
    EXPECT_EQ(bits(g), before) << "a failed run leaves the graph alone";
    return text;
  };
  EXPECT_THAT(failing([](Job& job, Graph&) { job.options.rate = 1e30; }), HasSubstr("may be too high"));
  EXPECT_THAT(failing([](Job& job, Graph&) {
                job.train = clusters(8, {3, 2}, 4, 1);
              }),
              HasSubstr("the network wants 8, the data gives 3x2"));
  EXPECT_THAT(failing([](Job&, Graph&) {}, Code::invalid, 2), HasSubstr("the network has 2 outputs"));
  EXPECT_THAT(failing([](Job& job, Graph&) { job.objective[0].kind = "mes"; }), HasSubstr("did you mean 'mse'"));
  EXPECT_THAT(failing([](Job& job, Graph&) { job.objective[0].inputs[0] = "student:nowhere"; }),
              HasSubstr("no value 'nowhere'"));
  EXPECT_THAT(failing([](Job& job, Graph&) { job.objective[0].inputs[0] = "pupil"; }), HasSubstr("names no graph"));
  EXPECT_THAT(failing([](Job& job, Graph&) { job.objective[0].options["sharpness"] = 1; }),
              HasSubstr("no option 'sharpness'"));
}

TEST(Fit, CancellingStopsBetweenSteps) {
  struct Impatient : Progress {
    mutable int asked = 0;
    bool cancelled() const override { return ++asked > 3; }
  } progress;
  Graph g = perceptron();
  Job job = job_for(g, clusters(64, {8}, 4, 1));
  EXPECT_EQ(message([&] { engine().fit(job, progress); }, Code::cancelled).empty(), false);
}

TEST(Fit, ReportsEpochsAndLoss) {
  struct Listener : Progress {
    std::vector<std::string> stages, lines;
    void begin(std::string_view stage, uint64_t) override { stages.emplace_back(stage); }
    void log(std::string_view line) override { lines.emplace_back(line); }
  } progress;
  Graph g = perceptron();
  Job job = job_for(g, clusters(64, {8}, 4, 1), clusters(64, {8}, 4, 2));
  engine().fit(job, progress);
  EXPECT_THAT(progress.stages, ::testing::Contains("epoch 2/3"));
  ASSERT_EQ(progress.lines.size(), 3U);
  EXPECT_THAT(progress.lines[2], ::testing::AllOf(HasSubstr("epoch 3/3"), HasSubstr("loss"), HasSubstr("validation")));
}

TEST(Fit, ALastBatchOfOneSampleDoesNotUpsetBatchNorm) {
  Graph g = perceptron();
  Job job = job_for(g, clusters(33, {8}, 4, 1));
  EXPECT_NO_THROW(fit(job));
}

}  // namespace
}  // namespace pare::testing
