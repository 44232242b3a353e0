// Opening the engine, running graphs, evaluating and measuring.
#include <cmath>
#include <cstdlib>

#include "tests/unit/train/training.h"

namespace pare::testing {
namespace {

using ::testing::HasSubstr;

TEST(Engine, DescribesItself) {
  EXPECT_THAT(engine().description(), ::testing::AllOf(HasSubstr("LibTorch"), HasSubstr("2 threads")));
}

TEST(Engine, AMissingModuleNamesThePackage) {
  setenv("PARE_ENGINE", "/nowhere/libpare_engine_torch.so", 1);
  EXPECT_THAT(message([] { (void)open_engine({}); }, Code::missing), HasSubstr("libtorch-dev"));
  unsetenv("PARE_ENGINE");
}

TEST(Engine, UnknownDevicesAreRefused) {
  EXPECT_THAT(message([] { (void)open_engine({.device = "tpu"}); }, Code::invalid), HasSubstr("'tpu'"));
}

TEST(Engine, ResultsDoNotDependOnEnginesSideBySide) {
  const Graph g = small_network();
  Random random(1);
  const std::vector<Tensor> in{random_floats({5, 1, 8, 8}, random)};
  const auto other = open_engine({.device = "cpu", .threads = 1});
  const Tensor a = engine().run(g, in)[0], b = other->run(g, in)[0];
  for (size_t i = 0; i < 50; ++i) EXPECT_NEAR(a.view<float>()[i], b.view<float>()[i], 1e-5);
}

TEST(Engine, FetchesAnyValue) {
  const Graph g = small_network();
  Random random(1);
  const std::vector<Tensor> in{random_floats({2, 1, 8, 8}, random)};
  const std::vector<ValueId> fetch{g.find_value("relu1"), g.find_value("y"), g.find_value("conv1.bias"),
                                   g.find_value("x")};
  const auto results = engine().run(g, in, fetch);
  EXPECT_EQ(results[0].shape(), (Shape{2, 4, 6, 6}));
  for (const float v : results[0].view<float>()) EXPECT_GE(v, 0);
  EXPECT_EQ(results[1], engine().run(g, in)[0]);
  EXPECT_EQ(results[2], *g.value(fetch[2]).constant);
  EXPECT_EQ(results[3], in[0]);
}

TEST(Engine, UnknownOpsAreNamedOnlyWhenNeeded) {
  Graph g = small_network();
  g.source = "net.onnx";
  Node node;
  node.name = "odd";
  node.type = "Frobnicate";
  node.domain = "com.example";
  node.inputs = {g.outputs[0]};
  node.outputs = {add_value(g, "z", DType::f32)};
  const ValueId z = node.outputs[0];
  add_node(g, node);
  Random random(1);
  const std::vector<Tensor> in{random_floats({2, 1, 8, 8}, random)};
  EXPECT_NO_THROW((void)engine().run(g, in));
  const std::vector<ValueId> fetch{z};
  EXPECT_THAT(message([&] { (void)engine().run(g, in, fetch); }, Code::unsupported),
              HasSubstr("node 'odd' (Frobnicate) of net.onnx cannot run"));
}

TEST(Engine, WrongShapesNameTheNode) {
  const Graph g = small_network();
  const std::vector<Tensor> in{Tensor(DType::f32, {2, 1, 9, 9})};
  EXPECT_THAT(message([&] { (void)engine().run(g, in); }, Code::invalid), HasSubstr("node 'fc1' (Gemm)"));
  EXPECT_THAT(message([&] { (void)engine().run(g, {}); }, Code::invalid), HasSubstr("wants 1 inputs"));
}

// x (N, 3) as logits.
Graph pass_through() {
  Graph g;
  g.symbols[1] = "N";
  g.next_symbol = 2;
  g.outputs = {append(g, OpKind::identity, "y", {add_input(g, "x", DType::f32, {Dim(1, 1), 3})})};
  return g;
}

TEST(Evaluate, CountsWhatIsRight) {
  const MemoryDataset data({3}, {5, 0, 0, 0, 5, 0, 0, 5, 0, 0, 0, 5}, {0, 1, 2, 2});
  std::vector<int64_t> firsts;
  EvaluateOptions options;
  options.batch = 3;
  options.confusion = true;
  options.on_logits = [&](const Tensor& logits, int64_t first) {
    firsts.push_back(first);
    EXPECT_EQ(logits.dim(1), 3);
  };
  const Evaluation e = engine().evaluate(pass_through(), data, options, Progress::quiet());
  EXPECT_EQ(e.samples, 4);
  EXPECT_EQ(e.correct, 3);
  EXPECT_DOUBLE_EQ(e.top1, 0.75);
  EXPECT_DOUBLE_EQ(e.top5, 1);
  EXPECT_THAT(e.confusion, ::testing::ElementsAre(1, 0, 0, 0, 1, 0, 0, 1, 1));
  const double hit = -std::log(std::exp(5.0) / (std::exp(5.0) + 2));
  EXPECT_NEAR(e.loss, (3 * hit + hit + 5) / 4, 1e-5);
  EXPECT_THAT(firsts, ::testing::ElementsAre(0, 3));
}

TEST(Evaluate, TargetsThatAreNotClassesGiveTheSquaredError) {
  const MemoryDataset data({3}, {1, 2, 3, 4, 5, 6}, Shape{3}, {1, 2, 3, 4, 5, 9});
  EXPECT_NEAR(engine().evaluate(pass_through(), data, {}, Progress::quiet()).loss, 9.0 / 6, 1e-6);
}

TEST(Evaluate, MismatchesAreExplained) {
  const MemoryDataset wide({3, 2}, std::vector<float>(6), {0}), classes({3}, std::vector<float>(3), {9});
  EXPECT_THAT(message([&] { (void)engine().evaluate(pass_through(), wide, {}, Progress::quiet()); }, Code::invalid),
              HasSubstr("the network wants 3, the data gives 3x2"));
  EXPECT_THAT(message([&] { (void)engine().evaluate(pass_through(), classes, {}, Progress::quiet()); }, Code::invalid),
              HasSubstr("10 classes, the network has 3 outputs"));
}

TEST(Evaluate, AFixedBatchIsRespected) {
  Graph g = pass_through();
  g.value(g.inputs[0]).dims = Dims{1, 3};
  const MemoryDataset data({3}, {5, 0, 0, 0, 5, 0}, {0, 1});
  EvaluateOptions options;
  options.on_logits = [](const Tensor& logits, int64_t) { EXPECT_EQ(logits.dim(0), 1); };
  EXPECT_EQ(engine().evaluate(g, data, options, Progress::quiet()).correct, 2);
}

TEST(Measure, GradientsAreMeansAndCurvatureMeansOfSquares) {
  // Squared error of w x against t: gradients 2 (w x - t) x of the two batches of 128 equal samples.
  std::vector<float> x(128, 1), t(128, 0);
  x.resize(256, 2), t.resize(256, 0);
  const Graph g = line(1);
  const Evidence e = engine().measure(g, MemoryDataset({1}, x, Shape{1}, t),
                                      {.gradient = true, .curvature = true, .input_rms = true}, 100, Progress::quiet());
  const ValueId w = g.find_value("w");
  EXPECT_NEAR(e.gradient.at(w)[0], (2 + 8) / 2.0, 1e-4);  // whatever the batches, their mean is this
  EXPECT_GE(e.curvature.at(w)[0], 25 - 1e-3);             // at least the square of the mean
  EXPECT_NEAR(e.input_rms.at(w)[0], std::sqrt((1 + 4) / 2.0), 1e-5);
}

TEST(Measure, AFixedBatchIsRespected) {
  Graph g = line(1);
  g.value(g.inputs[0]).dims->front() = Dim(4);
  infer_shapes(g);
  const auto gradient = [&](size_t samples) {
    const MemoryDataset data({1}, std::vector<float>(samples, 1), Shape{1}, std::vector<float>(samples, 0));
    return engine().measure(g, data, {.gradient = true}, 100, Progress::quiet()).gradient.at(g.find_value("w"))[0];
  };
  EXPECT_NEAR(gradient(10), 2, 1e-5);
  EXPECT_THROW(gradient(3), Error);
}

TEST(Measure, InputChannelsOfConvolutionsAndDenseLayers) {
  const Graph g = small_network();
  Random random(2);
  std::vector<float> pixels(64 * 20);
  for (float& p : pixels) p = static_cast<float>(random.uniform());
  const MemoryDataset data({1, 8, 8}, pixels, std::vector<int64_t>(20, 1));
  const Evidence e = engine().measure(g, data, {.input_rms = true}, 1, Progress::quiet());
  double squares = 0;
  for (const float p : pixels) squares += static_cast<double>(p) * p;
  EXPECT_NEAR(e.input_rms.at(g.find_value("conv1.weight"))[0], std::sqrt(squares / static_cast<double>(pixels.size())),
              1e-5);
  EXPECT_EQ(e.input_rms.at(g.find_value("fc1.weight")).size(), 144U);
  EXPECT_TRUE(e.gradient.empty());
}

}  // namespace
}  // namespace pare::testing
