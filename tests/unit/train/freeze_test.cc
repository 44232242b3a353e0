// Learning rates per layer and frozen layers, in the engine.
#include <cmath>

#include "tests/unit/train/training.h"

namespace pare::testing {
namespace {

using ::testing::HasSubstr;

Graph trained(const std::function<void(Job&)>& change, Graph g = perceptron()) {
  Job job = job_for(g, clusters(64, {8}, 4, 1), clusters(32, {8}, 4, 2));
  change(job);
  fit(job);
  return g;
}

std::vector<float> step_of(const Graph& from, const Graph& to, std::string_view name) {
  std::vector<float> before = weights(from, name), after = weights(to, name);
  for (size_t i = 0; i < after.size(); ++i) after[i] -= before[i];
  return after;
}

// The first update moves every weight by its rate times something that the rate has no part in.
TEST(Freeze, AFactorScalesTheUpdate) {
  for (const char* optimizer : {"sgd", "adam", "adamw"}) {
    const auto one_step = [&](double factor) {
      return trained([&](Job& job) {
        job.options.optimizer = optimizer;
        job.options.rate = 0.01;
        job.options.weight_decay = 0.1;
        job.options.epochs = 1;
        job.options.batch = 64;
        job.options.rates.rules = {{"fc1", factor}};
      });
    };
    const Graph start = perceptron(), whole = one_step(1), half = one_step(0.5);
    for (const char* name : {"fc1.weight", "fc1.bias", "norm.scale"}) {
      const auto far = step_of(start, whole, name), near = step_of(start, half, name);
      for (size_t i = 0; i < far.size(); ++i) EXPECT_NEAR(near[i], far[i] / 2, 1e-6) << optimizer << ' ' << name;
    }
    EXPECT_EQ(weights(whole, "fc2.weight"), weights(half, "fc2.weight")) << optimizer;
  }
}

TEST(Freeze, FrozenLayersAndTheirNormsStayBitForBit) {
  for (const double ema : {0.0, 0.9}) {
    const Graph start = perceptron(), after = trained([&](Job&job) {
                                        job.options.freeze = {"all_but_last"};
                                        job.options.weight_decay = 0.1;
                                        job.options.decay_norm_and_bias = true;
                                        job.options.clip_norm = 1;
                                        job.options.ema = ema;
                                      });
    for (const char* name : {"fc1.weight", "fc1.bias", "norm.scale", "norm.shift", "norm.mean", "norm.var"})
      EXPECT_EQ(weights(after, name), weights(start, name)) << name;
    EXPECT_NE(weights(after, "fc2.weight"), weights(start, "fc2.weight"));
  }
}

TEST(Freeze, ANormThatLearnsBetweenFrozenLayersTakesTheBatch) {
  const Graph start = perceptron(), after = trained([](Job&job) { job.options.freeze = {"not:norm"}; });
  EXPECT_EQ(weights(after, "fc1.weight"), weights(start, "fc1.weight"));
  EXPECT_EQ(weights(after, "fc2.weight"), weights(start, "fc2.weight"));
  EXPECT_NE(weights(after, "norm.scale"), weights(start, "norm.scale"));
  EXPECT_NE(weights(after, "norm.mean"), weights(start, "norm.mean"));
}

// Training behind a frozen prefix is training on what the prefix gives.
TEST(Freeze, EqualsTrainingOnTheFeatures) {
  const Graph start = perceptron();
  const auto data = clusters(64, {8}, 4, 1);
  std::vector<float> inputs(64 * 8);
  std::vector<int64_t> classes(64);
  for (size_t i = 0; i < 64; ++i) {
    const std::span<std::byte> row = std::as_writable_bytes(std::span(inputs).subspan(i * 8, 8));
    data->read(i, 0, {{&row, 1}, std::as_writable_bytes(std::span(classes).subspan(i, 1))});
  }
  const std::vector<ValueId> feature = {start.find_value("relu")};
  const std::vector<Tensor> all = {floats({64, 8}, inputs)};
  const Tensor features = engine().run(start, all, feature).at(0);
  Graph head;
  head.symbols[1] = "N";
  head.next_symbol = 2;
  const ValueId x = add_input(head, "x", DType::f32, {Dim(1, 1), 16});
  const ValueId w = add_constant(head, "fc2.weight", *start.value(start.find_value("fc2.weight")).constant);
  const ValueId b = add_constant(head, "fc2.bias", *start.value(start.find_value("fc2.bias")).constant);
  head.outputs = {append(head, OpKind::gemm, "fc2", {x, w, b}, attributes({{"transB", int64_t{1}}}))};
  mark_trainable(head);
  const auto view = features.view<float>();
  Job job =
      job_for(head, std::make_shared<MemoryDataset>(Shape{16}, std::vector<float>(view.begin(), view.end()), classes));
  fit(job);
  const Graph whole = trained([](Job& j) { j.options.freeze = {"all_but_last"}; });
  const auto expected = weights(head, "fc2.weight"), found = weights(whole, "fc2.weight");
  for (size_t i = 0; i < expected.size(); ++i) EXPECT_NEAR(found[i], expected[i], 1e-5);
}

TEST(Freeze, AResumedRunEndsWithTheSameBits) {
  for (const char* optimizer : {"sgd", "adamw"}) {
    const auto run = [&](std::vector<std::byte> resume, std::vector<std::byte>* kept) {
      return bits(trained([&](Job& job) {
        job.options.optimizer = optimizer;
        job.options.freeze = {"norm"};
        job.options.rates.rules = {{"first", 0.3}};
        job.options.layer_decay = 0.8;
        job.options.ema = 0.9;
        job.resume = std::move(resume);
        job.save = [kept](std::span<const std::byte> bytes, int64_t epoch) {
          if (kept && epoch == 2) kept->assign(bytes.begin(), bytes.end());
        };
      }));
    };
    std::vector<std::byte> half;
    const std::string whole = run({}, &half);
    EXPECT_EQ(run(half, nullptr), whole) << optimizer;
  }
}

TEST(Freeze, ObserversMaskFrozenWeights) {
  Watcher watcher;
  watcher.wants = [](int64_t k) { return k == 1; };
  watcher.step = [](State& state) {
    for (Parameter& p : state.parameters()) {
      if (p.name != "fc1.weight") continue;
      EXPECT_TRUE(p.gradient.empty());
      state.mask(p).set(3, false);
    }
  };
  const Graph start = perceptron(), after = trained([&](Job&job) {
                                      job.options.freeze = {"fc1"};
                                      job.observer = &watcher;
                                    });
  auto expected = weights(start, "fc1.weight");
  expected[3] = 0;
  EXPECT_EQ(weights(after, "fc1.weight"), expected);
}

TEST(Freeze, NothingLeftToTrainIsAnError) {
  EXPECT_THAT(message([] { trained([](Job& job) { job.options.freeze = {"*"}; }); }, Code::invalid),
              HasSubstr("everything in 'student' is frozen"));
  EXPECT_THAT(message([] { trained([](Job& job) {
                             job.options.rates.rules = {{"fc3", 1}};
                           }); }, Code::invalid),
              HasSubstr("did you mean 'fc1'?"));
}

// A Softmax behind another form of the scores: cross entropy takes what goes into it.
TEST(Freeze, LogitsAreFoundBehindAnIdentity) {
  const auto after = [](bool softmax) {
    Graph g = perceptron();
    if (softmax) {
      const ValueId p = append(g, OpKind::softmax, "softmax", {g.outputs[0]}, attributes({{"axis", int64_t{1}}}));
      g.outputs = {append(g, OpKind::identity, "out", {append(g, OpKind::flatten, "flat", {p})})};
    }
    return weights(trained([](Job&) {}, std::move(g)), "fc2.weight");
  };
  EXPECT_EQ(after(true), after(false));
}

}  // namespace
}  // namespace pare::testing
