// Net-Trim: the convex program by itself, and the step through recipes.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <numeric>

#include "compress/prune/sparse_fit.h"
#include "core/error.h"
#include "tests/support/compress_fixture.h"
#include "tests/support/running_engine.h"

namespace pare {
namespace {

using ::testing::HasSubstr;
using testing::sparsity_of;
using testing::weight_of;

double l1(std::span<const double> w) {
  return std::accumulate(w.begin(), w.end(), 0.0, [](double sum, double x) { return sum + std::fabs(x); });
}
std::vector<bool> all(size_t n) { return std::vector<bool>(n, true); }
std::vector<double> sparse_fit(const Matrix& h, const std::vector<double>& start, const std::vector<bool>& may_change,
                               double closeness) {
  SparseFit fit(h, start);
  fit.shrink(may_change, closeness);
  return fit.weights();
}
double relative_error(const Matrix& h, const std::vector<double>& start, const std::vector<double>& w) {
  SparseFit fit(h, start);
  fit.set(w);
  return fit.relative_error();
}

TEST(SparseFit, OfIndependentInputsIsTheSoftThreshold) {
  Matrix h(4, 4);
  for (size_t i = 0; i < 4; ++i) h.at(i, i) = 1;
  const std::vector<double> start = {3, -0.5, 0.1, 1};
  // Less 0.6 of each: the change is (0.6, 0.5, 0.1, 0.6), its squares sum to 0.98 of 10.26.
  const std::vector<double> w = sparse_fit(h, start, all(4), std::sqrt(0.98 / 10.26));
  const double expected[] = {2.4, 0, 0, 0.4};
  for (size_t i = 0; i < 4; ++i) EXPECT_NEAR(w[i], expected[i], 5e-3);
  EXPECT_LE(relative_error(h, start, w), 0.98 / 10.26 + 1e-9);
}

TEST(SparseFit, OfInputsThatSayTheSameOneIsEnough) {
  Matrix x(2, 5);
  for (size_t s = 0; s < 5; ++s) x.at(0, s) = static_cast<double>(s) - 2, x.at(1, s) = 2 * x.at(0, s);
  const std::vector<double> start = {1, 1};
  const Matrix h = gram(x);
  SparseFit fit(h, start);
  fit.shrink(all(2), 0.01);
  EXPECT_NEAR(fit.weights()[0], 0, 1e-6);
  EXPECT_NEAR(fit.weights()[1], 1.5, 0.02);
  fit.refit(all(2));
  EXPECT_EQ(fit.weights()[0], 0);
  EXPECT_NEAR(fit.weights()[1], 1.5, 1e-3);
}

TEST(SparseFit, NothingWithinTheBoundIsSparser) {
  Random random(3);
  Matrix x(4, 12);
  for (size_t r = 0; r < 4; ++r)
    for (size_t s = 0; s < 12; ++s) x.at(r, s) = random.normal() + (r > 0 ? 0.5 * x.at(r - 1, s) : 0);
  const Matrix h = gram(x);
  const std::vector<double> start = {1, -0.7, 0.4, 0.2};
  const double closeness = 0.3;
  const std::vector<double> best = sparse_fit(h, start, all(4), closeness);
  EXPECT_LE(relative_error(h, start, best), closeness * closeness);
  EXPECT_LT(l1(best), l1(start));
  for (int trial = 0; trial < 20000; ++trial) {
    std::vector<double> w = best;
    for (double& v : w) v += 0.3 * random.normal();
    const bool within = relative_error(h, start, w) <= closeness * closeness;
    EXPECT_TRUE(!within || l1(w) >= 0.995 * l1(best));
  }
}

TEST(SparseFit, LeavesWhatMayNotChange) {
  Matrix h(2, 2);
  h.at(0, 0) = h.at(1, 1) = 1;
  const std::vector<double> start = {0.1, 1};
  EXPECT_EQ(sparse_fit(h, start, {false, true}, 0.3)[0], 0.1);
  EXPECT_EQ(sparse_fit(h, start, {true, true}, 0), start);
}

class NetTrim : public testing::CompressTest {
 protected:
  NetTrim() { engine = std::make_shared<testing::RunningEngine>(); }
  RowResult run(const std::string& steps, Graph start = network(), bool with_data = true) {
    RunOptions how = options();
    if (!with_data) how.data.clear();
    return run_recipe(parse_recipe("steps:\n" + steps, "test.yaml"), std::move(start), how, Progress::quiet())
        .rows.at(0);
  }
};

TEST_F(NetTrim, KeepsTheOutputsOfEachLayerClose) {
  const Graph before = network();
  double last = 0;
  for (const double closeness : {0.02, 0.2}) {
    const RowResult row = run(fmt::format("  - net_trim: {{closeness: {}}}\n", closeness));
    const double sparsity = sparsity_of(weight_of(row.graph, 0));
    EXPECT_GT(sparsity, last);
    last = sparsity;
    for (const auto& layer : row.report["steps"][0]["details"]["layers"])
      EXPECT_LE(layer["moved"].get<double>(), closeness);
    EXPECT_EQ(row.report["steps"][0]["details"]["layers"].size(), 3U);

    Batch batch;
    Loader loader(open_data(data()).train, {.batch = 30});
    ASSERT_TRUE(loader.next(batch));
    const auto first = [&](const Graph& graph) {
      const ValueId out = graph.node(layers(graph)[0].node).outputs[0];
      return testing::SlowEngine().run(graph, batch.inputs, {{out}})[0];
    };
    const Tensor was = first(before), is = first(row.graph);
    double change = 0, size = 0;
    for (size_t i = 0; i < was.view<float>().size(); ++i) {
      change += std::pow(was.view<float>()[i] - is.view<float>()[i], 2);
      size += std::pow(was.view<float>()[i], 2);
    }
    EXPECT_LE(std::sqrt(change / size), 1.2 * closeness);
  }
}

TEST_F(NetTrim, ZerosAreAMaskAndThoseOfBeforeStay) {
  const RowResult pruned = run("  - prune_weights: {sparsity: 0.5}\n");
  const RowResult row = run("  - prune_weights: {sparsity: 0.5}\n  - net_trim: {closeness: 0.1, exclude: [last]}\n");
  const auto was = weight_of(pruned.graph, 0).constant->view<float>();
  const Value& weight = weight_of(row.graph, 0);
  const auto is = weight.constant->view<float>();
  for (size_t i = 0; i < was.size(); ++i) {
    EXPECT_TRUE(was[i] != 0 || is[i] == 0);
    EXPECT_EQ((*weight.encoding.mask)[i], is[i] != 0);
  }
  EXPECT_GT(sparsity_of(weight), 0.5);
  EXPECT_NEAR(sparsity_of(weight_of(row.graph, 2)), 0.5, 1e-3);
}

TEST_F(NetTrim, OfConvolutionsToo) {
  Builder b("conv", 3, {.classes = 10, .channels = 1, .size = 8});
  ValueId x = b.relu("relu1", b.conv("conv1", b.input(), 3, {.kernel = 3}));
  x = b.relu("relu2", b.conv("conv2", x, 4, {.kernel = 3, .stride = 2}));
  const Graph start = b.finish(b.fc("fc", b.flatten("flatten", x), 10, Init::glorot));
  const RowResult row = run("  - net_trim: {closeness: 0.3, layers: [conv*]}\n", start);
  EXPECT_GT(sparsity_of(weight_of(row.graph, 1)), 0.1);
  EXPECT_EQ(sparsity_of(weight_of(row.graph, 2)), 0);
}

// Counts what is reported, and asks to stop after a while.
struct Impatient : Progress {
  std::vector<std::string> open;
  uint64_t outputs = 0, total = 0, most = ~uint64_t{0};
  void begin(std::string_view stage, uint64_t units) override {
    open.emplace_back(stage);
    if (stage == "net_trim") total = units;
  }
  void advance(uint64_t done) override {
    if (open.back() == "net_trim") outputs = done;
  }
  void end() override { open.pop_back(); }
  bool cancelled() const override { return outputs >= most; }
};

TEST_F(NetTrim, ReportsItsOutputsAndStopsBetweenThem) {
  const auto go = [&](Impatient& progress) {
    run_recipe(parse_recipe("steps: [net_trim]", "r"), network(), options(), progress);
  };
  Impatient patient, impatient;
  go(patient);
  EXPECT_EQ(patient.total, 24U + 16 + 10);
  EXPECT_EQ(patient.outputs, patient.total);
  impatient.most = 24;
  try {
    go(impatient);
    FAIL();
  } catch (const Error& e) {
    EXPECT_EQ(e.code(), Code::cancelled);
  }
  EXPECT_EQ(impatient.outputs, 24U);
}

TEST_F(NetTrim, NeedsDataAndSaysWhatItLeaves) {
  EXPECT_THROW(run("  - net_trim: {}\n", network(), false), Error);
  const std::string shared = "  - share_weights: {bits: 4, exclude: [last]}\n  - net_trim: {}\n";
  EXPECT_THAT(run(shared).report["steps"][1]["warnings"].dump(), HasSubstr("'fc1' stays as it is"));
}

}  // namespace
}  // namespace pare
