// Criteria for channels against slow obvious twins, on networks small enough for numbers by hand.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "compress/prune/channels/compensate.h"
#include "compress/prune/channels/criterion.h"
#include "compress/prune/channels/relevance.h"
#include "compress/prune/channels/scores.h"
#include "core/error.h"
#include "tests/support/graphs.h"
#include "tests/support/memory_dataset.h"
#include "tests/support/slow_engine.h"

namespace pare::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::FloatNear;
using ::testing::Pointwise;
using Scores = std::vector<std::vector<float>>;

constexpr double kPower = 3;

std::vector<float> score(const ChannelCriterion& criterion, const ChannelContext& context, const ChannelGroup& group,
                         const ChannelMember& member, double power = kPower) {
  std::vector<float> scores(group.channels.size());
  criterion.score(context, group, member, power, scores);
  return scores;
}
ChannelMember member_with(const ChannelContext& context, const ChannelGroup& group, ChannelRole role) {
  for (const ChannelMember& member : members_of(context.graph, context.channels, group))
    if (member.role == role) return member;
  ADD_FAILURE() << "no such member";
  return {};
}
Graph with_input(const Shape& sample) {
  Graph g;
  g.symbols[1] = "N";
  g.next_symbol = 2;
  Dims dims = {Dim(1, 1)};
  for (const int64_t d : sample) dims.emplace_back(d);
  add_input(g, "x", DType::f32, dims);
  return g;
}
ValueId fc(Graph& g, const std::string& name, ValueId x, Tensor weight) {
  const ValueId w = add_constant(g, name + ".weight", std::move(weight));
  return append(g, OpKind::gemm, name, {x, w}, attributes({{"transB", int64_t{1}}}));
}
ValueId conv(Graph& g, const std::string& name, ValueId x, Tensor weight, int64_t pad) {
  const ValueId w = add_constant(g, name + ".weight", std::move(weight));
  return append(g, OpKind::conv, name, {x, w}, attributes({{"pads", std::vector<int64_t>{pad, pad, pad, pad}}}));
}

// A graph, its channels and what criteria see of it.
struct Case {
  Graph graph;
  Channels channels;
  SlowEngine engine;
  DatasetPtr data;
  Evidence evidence;

  explicit Case(Graph g, DatasetPtr samples = nullptr) : graph(std::move(g)), data(std::move(samples)) {
    mark_trainable(graph);
    channels = Channels::find(graph);
  }
  ChannelContext context() {
    return {.graph = graph,
            .channels = channels,
            .evidence = &evidence,
            .seed = 7,
            .engine = &engine,
            .data = data,
            .batches = 1};
  }
  const ChannelGroup& group(std::string_view name) {
    for (const ChannelGroup& group : channels.groups())
      if (group.name == name) return group;
    throw std::logic_error("no group " + std::string(name));
  }
  size_t number(std::string_view name) { return static_cast<size_t>(&group(name) - channels.groups().data()); }
  Scores all(std::string_view criterion) { return find_channel_criterion(criterion).score_all(context()); }
  Batch batch() {
    Loader loader(data, {.batch = 128, .shuffle = true});
    Batch batch;
    loader.next(batch);
    return batch;
  }
};

// x [N,2] -> fc1 (3 outputs) -> relu -> fc2 -> y.
Graph two_layers() {
  Graph g = with_input({2});
  const ValueId a = append(g, OpKind::relu, "relu", {fc(g, "fc1", g.inputs[0], floats({3, 2}, {3, -4, 1, 0, 0, 2}))});
  g.outputs = {fc(g, "fc2", a, floats({2, 3}, {1, -2, 1, 2, 1, -1}))};
  return g;
}
// x [N,2,5,5] -> conv1, norm, relu (3) -> conv2, relu (4) -> flatten -> fc -> y [N,3].
Graph small_cnn() {
  Random random(3);
  Graph g = with_input({2, 5, 5});
  const ValueId c1 = conv(g, "conv1", g.inputs[0], random_floats({3, 2, 3, 3}, random), 1);
  const ValueId r1 = append(g, OpKind::relu, "relu1", {append_norm(g, "norm1", c1, 3, random)});
  const ValueId r2 = append(g, OpKind::relu, "relu2", {conv(g, "conv2", r1, random_floats({4, 3, 3, 3}, random), 0)});
  g.outputs = {fc(g, "fc", append(g, OpKind::flatten, "flatten", {r2}), random_floats({3, 36}, random))};
  return g;
}

TEST(ChannelMembers, ConstantsAndWhatTheyAre) {
  Case c(small_cnn());
  std::vector<std::string> found;
  constexpr std::string_view roles[] = {"makes", "bias", "reads", "scale", "shift", "other"};
  for (const ChannelMember& member : members_of(c.graph, c.channels, c.group("conv1")))
    found.push_back(fmt::format("{} {} {}", c.graph.value(member.value).name, member.axis,
                                roles[static_cast<size_t>(member.role)]));
  EXPECT_THAT(found, ElementsAre("conv1.weight 0 makes", "norm1.scale 0 scale", "norm1.shift 0 shift",
                                 "norm1.mean 0 other", "norm1.var 0 other", "conv2.weight 1 reads"));
}

TEST(ChannelActivations, BehindNormsFunctionsAndResidualSums) {
  Random random(5);
  Graph g = with_input({2, 4, 4});
  const ValueId a = conv(g, "a", g.inputs[0], random_floats({3, 2, 1, 1}, random), 0);
  const ValueId gate = append(g, OpKind::sigmoid, "gate", {a});
  const ValueId silu = append(g, OpKind::mul, "silu", {a, gate});
  const ValueId b = conv(g, "b", silu, random_floats({5, 3, 1, 1}, random), 0);
  const ValueId d = conv(g, "d", silu, random_floats({5, 3, 1, 1}, random), 0);
  const ValueId sum = append(g, OpKind::relu, "sum_relu", {append(g, OpKind::add, "sum", {b, d})});
  g.outputs = {conv(g, "e", sum, random_floats({2, 5, 1, 1}, random), 0)};
  Case c(std::move(g));
  EXPECT_THAT(activations_of(c.graph, c.channels, c.group("a")), ElementsAre(ActivationPlace{silu, 1}));
  EXPECT_THAT(activations_of(c.graph, c.channels, c.group("b")), ElementsAre(ActivationPlace{sum, 1}));
}

TEST(ChannelCriteria, OfWeightsByHand) {
  Case c(two_layers());
  const ChannelGroup& group = c.group("fc1");
  const ChannelContext context = c.context();
  const ChannelMember made = member_with(context, group, ChannelRole::makes);
  const auto of = [&](std::string_view name, double power = kPower) {
    return score(find_channel_criterion(name), context, group, made, power);
  };
  const auto near = [](double x) { return FloatNear(static_cast<float>(x), 1e-5F); };
  EXPECT_THAT(of("l1"), ElementsAre(near(7), near(1), near(2)));
  EXPECT_THAT(of("l2"), ElementsAre(near(5), near(1), near(2)));
  EXPECT_THAT(of("ln"), ElementsAre(near(std::cbrt(91.0)), near(1), near(2)));
  EXPECT_THAT(of("ln", 100), ElementsAre(near(4), near(1), near(2)));
  EXPECT_THAT(of("lamp"), ElementsAre(near(1), near(1.0 / 30), near(4.0 / 29)));
  const double ab = std::sqrt(4.0 + 16), ac = std::sqrt(9.0 + 36), bc = std::sqrt(5.0);
  EXPECT_THAT(of("fpgm"), ElementsAre(near(ab + ac), near(ab + bc), near(ac + bc)));
  // The reader's side: columns of fc2.
  const ChannelMember read = member_with(context, group, ChannelRole::reads);
  EXPECT_THAT(score(find_channel_criterion("l1"), context, group, read), ElementsAre(near(3), near(3), near(2)));
}

TEST(ChannelCriteria, NormScale) {
  Case c(small_cnn());
  const ChannelContext context = c.context();
  const ChannelGroup& group = c.group("conv1");
  const ChannelCriterion& criterion = find_channel_criterion("bn_scale");
  EXPECT_FALSE(criterion.looks_at(ChannelRole::makes));
  const ChannelMember scale = member_with(context, group, ChannelRole::scale);
  const auto gamma = c.graph.value(scale.value).constant->view<float>();
  EXPECT_THAT(score(criterion, context, group, scale), Pointwise(::testing::FloatEq(), gamma));
}

TEST(ChannelCriteria, OfGradientsByHand) {
  Case c(two_layers());
  const ChannelContext context = c.context();
  const ChannelGroup& group = c.group("fc1");
  const ChannelMember made = member_with(context, group, ChannelRole::makes);
  EXPECT_THROW(score(find_channel_criterion("taylor"), context, group, made), Error);  // nothing was measured
  c.evidence.gradient[made.value] = {1, 0.5F, 2, 7, -1, 3};                            // times 3 -4 | 1 0 | 0 2
  c.evidence.curvature[made.value] = {1, 2, 3, 4, 5, 6};
  const auto of = [&](std::string_view name) { return score(find_channel_criterion(name), context, group, made); };
  EXPECT_THAT(of("taylor"), ElementsAre(5, 2, 6));
  EXPECT_THAT(of("taylor_squared"), ElementsAre(13, 4, 36));
  EXPECT_THAT(of("taylor_group"), ElementsAre(1, 2, 6));
  EXPECT_THAT(of("fisher"), ElementsAre((9.0F + 32) / 2, 1.5F, 12));
}

TEST(ChannelCriteria, ChanceDependsOnTheSeedAlone) {
  Case c(small_cnn());
  const Scores once = c.all("random");
  EXPECT_EQ(once, c.all("random"));
  ChannelContext other = c.context();
  other.seed = 8;
  EXPECT_NE(once, find_channel_criterion("random").score_all(other));
}

TEST(ChannelCriteria, OfActivations) {
  Case c(small_cnn(), clusters(12, {2, 5, 5}, 3, 1));
  const ActivationPlace place = activations_of(c.graph, c.channels, c.group("conv2")).at(0);
  const Batch batch = c.batch();
  const Tensor x = c.engine.run(c.graph, batch.inputs, {{place.value}})[0];
  std::vector<float> mean(4), active(4);
  for (size_t i = 0; i < x.view<float>().size(); ++i) {
    mean[i / 9 % 4] += x.view<float>()[i] / (12 * 9);
    active[i / 9 % 4] += x.view<float>()[i] > 0 ? 1.0F / (12 * 9) : 0;
  }
  EXPECT_THAT(c.all("activation_mean")[c.number("conv2")], Pointwise(FloatNear(1e-5F), mean));
  EXPECT_THAT(c.all("apoz")[c.number("conv2")], Pointwise(FloatNear(1e-5F), active));
}

TEST(ChannelCriteria, RankOfMaps) {
  // Channels are 2 x + y and 0 of two planes x (rank 1) and y (rank 2), so that ranks are at most 3, and 0.
  Graph g = with_input({2, 4, 4});
  const ValueId a = conv(g, "a", g.inputs[0], floats({4, 2, 1, 1}, {2, 1, 0, 0, 1, 0, 0, 1}), 0);
  g.outputs = {conv(g, "b", a, floats({1, 4, 1, 1}, {1, 1, 1, 1}), 0)};
  std::vector<float> sample(32);
  for (size_t h = 0; h < 4; ++h) {
    for (size_t w = 0; w < 4; ++w) {
      sample[h * 4 + w] = static_cast<float>((h + 1) * (w + 2));
      sample[16 + h * 4 + w] = (h == 1 && w == 2) || (h == 3 && w == 0) ? 1.0F : 0.0F;
    }
  }
  Case c(std::move(g), std::make_shared<MemoryDataset>(Shape{2, 4, 4}, sample, std::vector<int64_t>{0}));
  EXPECT_THAT(c.all("hrank")[c.number("a")], ElementsAre(3, 0, 1, 2));
}

// The loss with the reader's weights of one channel multiplied by a factor: the same as a gate on the channel.
double gated_loss(Case& c, std::string_view group, size_t channel, float factor) {
  Graph graph = c.graph;
  const ChannelContext context = c.context();
  const ChannelMember read = member_with(context, c.group(group), ChannelRole::reads);
  const Tensor& old = *c.graph.value(read.value).constant;
  const auto out = graph.value(read.value).constant->edit<float>();
  std::vector<float> touched(c.group(group).channels.size());
  for (size_t i = 0; i < out.size(); ++i) {
    std::vector<float> one(touched.size());
    sum_slices(
        context, c.group(group), read, [&](size_t e) { return e == i ? 1.0 : 0.0; }, one);
    if (one[channel] > 0) out[i] = factor * old.view<float>()[i];
  }
  return c.engine.loss(graph, c.batch());
}

TEST(ChannelCriteria, GatesOnActivations) {
  Case c(small_cnn(), clusters(6, {2, 5, 5}, 3, 1));
  const Scores scores = c.all("taylor_gate");
  for (const std::string_view group : {"conv1", "conv2"}) {
    for (size_t channel = 0; channel < c.group(group).channels.size(); ++channel) {
      const double up = gated_loss(c, group, channel, 1.01F), down = gated_loss(c, group, channel, 0.99F);
      EXPECT_NEAR(scores[c.number(group)][channel], std::fabs(up - down) / 0.02, 0.02) << group << " " << channel;
    }
  }
}

TEST(ChannelCriteria, GlobalAndLocal) {
  Case c(two_layers(), clusters(10, {2}, 2, 1));
  const size_t g = c.number("fc1");
  const std::vector<float> global = c.all("taylor_gate")[g], activation = c.all("activation_mean")[g];
  const std::vector<float> weights = {7, 1, 2};
  float most_global = 0, most_local = 0;
  for (size_t i = 0; i < 3; ++i) {
    most_global = std::max(most_global, global[i]);
    most_local = std::max(most_local, weights[i] * activation[i]);
  }
  const std::vector<float> scores = c.all("global_local")[g];
  for (size_t i = 0; i < 3; ++i)
    EXPECT_NEAR(scores[i], global[i] / most_global / 2 + weights[i] * activation[i] / most_local / 2, 1e-5);
}

TEST(ChannelCriteria, DirectAndIndirect) {
  Case c(two_layers());
  // Direct: 7, 1, 2 over their mean 10/3. Readers: rows of fc2 have sums 4 and 4; columns (1,2), (2,1), (1,1).
  const double direct[] = {2.1, 0.3, 0.6}, indirect[] = {9.0 / 8, 9.0 / 8, 6.0 / 8};
  const std::vector<float> scores = c.all("direct_indirect")[c.number("fc1")];
  for (size_t i = 0; i < 3; ++i)
    EXPECT_NEAR(scores[i], (direct[i] + indirect[i]) / 2 - std::fabs(direct[i] - indirect[i]) / 4, 1e-5);
}

TEST(ChannelCriteria, CurvatureOfTheLoss) {
  // Each sample has one input, each channel one output: the Hessian of the first layer's weights is diagonal, and what
  // is drawn does not matter. loss = mean over 2 samples x 2 outputs of (v_c w_ci x_i - t)^2, so h = v^2 x^2 / 2.
  Graph g = with_input({2});
  const ValueId hidden = fc(g, "fc1", g.inputs[0], floats({2, 2}, {1, 2, -1, 3}));
  g.outputs = {fc(g, "fc2", hidden, floats({2, 2}, {2, 0, 0, 1}))};
  Case c(std::move(g),
         std::make_shared<MemoryDataset>(Shape{2}, std::vector<float>{1, 0, 0, 2}, Shape{2}, std::vector<float>(4, 1)));
  const auto obd = [](double v, double a, double b) { return v * v / 2 * (a * a + 4 * b * b) / 2; };
  const std::vector<float> scores = c.all("obd")[c.number("fc1")];
  EXPECT_NEAR(scores[0], obd(2, 1, 2), 0.02 * obd(2, 1, 2));
  EXPECT_NEAR(scores[1], obd(1, -1, 3), 0.02 * obd(1, -1, 3));
}

// ---- least squares
// ---------------------------------------------------------------------------------------------------

// Gauss elimination with pivots.
std::vector<double> solve(std::vector<std::vector<double>> a, std::vector<double> b) {
  const size_t n = b.size();
  for (size_t k = 0; k < n; ++k) {
    size_t best = k;
    for (size_t r = k; r < n; ++r)
      if (std::fabs(a[r][k]) > std::fabs(a[best][k])) best = r;
    std::swap(a[k], a[best]);
    std::swap(b[k], b[best]);
    for (size_t r = 0; r < n; ++r) {
      if (r == k) continue;
      const double f = a[r][k] / a[k][k];
      for (size_t c = k; c < n; ++c) a[r][c] -= f * a[k][c];
      b[r] -= f * b[k];
    }
  }
  for (size_t k = 0; k < n; ++k) b[k] /= a[k][k];
  return b;
}

// X of conv2 of small_cnn, one row per (channel, tap), straight from its definition.
std::vector<std::vector<double>> rows_of_conv2(Case& c) {
  const ActivationPlace place = activations_of(c.graph, c.channels, c.group("conv1")).at(0);
  const Tensor x = c.engine.run(c.graph, c.batch().inputs, {{place.value}})[0];
  std::vector<std::vector<double>> rows(27);
  for (size_t n = 0; n < static_cast<size_t>(x.dim(0)); ++n)
    for (size_t h = 0; h < 3; ++h)
      for (size_t w = 0; w < 3; ++w)
        for (size_t row = 0; row < 27; ++row)
          rows[row].push_back(
              static_cast<double>(x.view<float>()[((n * 3 + row / 9) * 5 + h + row / 3 % 3) * 5 + w + row % 3]));
  return rows;
}
std::vector<std::vector<double>> products(const std::vector<std::vector<double>>& rows) {
  std::vector<std::vector<double>> h(rows.size(), std::vector<double>(rows.size()));
  for (size_t a = 0; a < rows.size(); ++a)
    for (size_t b = 0; b < rows.size(); ++b)
      for (size_t i = 0; i < rows[a].size(); ++i) h[a][b] += rows[a][i] * rows[b][i];
  return h;
}
// Change of the kept weights that costs least when those of `gone` become 0. With damping as the criteria have it.
std::vector<double> best_change(std::vector<std::vector<double>> h, const std::vector<double>& w,
                                const std::vector<bool>& gone, bool damp_all) {
  std::vector<size_t> kept;
  double trace = 0;
  for (size_t i = 0; i < w.size(); ++i) {
    if (!gone[i]) kept.push_back(i);
    if (!gone[i] || damp_all) trace += h[i][i];
  }
  const double damping = 0.01 * trace / static_cast<double>(damp_all ? w.size() : kept.size());
  std::vector<std::vector<double>> a;
  std::vector<double> b;
  for (const size_t r : kept) {
    a.emplace_back();
    for (const size_t k : kept) a.back().push_back(h[r][k] + (r == k ? damping : 0));
    b.push_back(0);
    for (size_t i = 0; i < w.size(); ++i)
      if (gone[i]) b.back() += h[r][i] * w[i];
  }
  const std::vector<double> solution = solve(a, b);
  std::vector<double> change(w.size());
  for (size_t k = 0; k < kept.size(); ++k) change[kept[k]] = solution[k];
  for (size_t i = 0; i < w.size(); ++i)
    if (gone[i]) change[i] = -w[i];
  return change;
}

TEST(ChannelCriteria, LeastErrorOfTheReaders) {
  Case c(small_cnn(), clusters(20, {2, 5, 5}, 3, 1));
  auto h = products(rows_of_conv2(c));
  const auto weight = c.graph.value(c.graph.find_value("conv2.weight")).constant->view<float>();
  double energy = 0, trace = 0;
  const auto cost = [&](const std::vector<double>& v) {
    double sum = 0;
    for (size_t a = 0; a < 27; ++a)
      for (size_t b = 0; b < 27; ++b) sum += v[a] * h[a][b] * v[b];
    return sum;
  };
  std::vector<std::vector<double>> outputs;
  for (size_t o = 0; o < 4; ++o) {
    outputs.emplace_back(weight.begin() + static_cast<std::ptrdiff_t>(o * 27),
                         weight.begin() + static_cast<std::ptrdiff_t>(o * 27 + 27));
    energy += cost(outputs.back());
  }
  const auto plain = h;
  for (size_t i = 0; i < 27; ++i) trace += h[i][i];
  for (size_t i = 0; i < 27; ++i) h[i][i] += 0.01 * trace / 27;
  const std::vector<float> scores = c.all("obs")[c.number("conv1")];
  for (size_t channel = 0; channel < 3; ++channel) {
    std::vector<bool> gone(27);
    for (size_t t = 0; t < 9; ++t) gone[channel * 9 + t] = true;
    double error = 0;
    for (const auto& w : outputs) error += cost(best_change(plain, w, gone, true));
    EXPECT_NEAR(scores[channel], error / energy, 2e-3 * error / energy);
  }
}

// Factors of the lasso by proximal gradient steps, on what each channel gives to each output.
std::vector<double> lasso(const std::vector<std::vector<double>>& parts, double lambda) {
  const auto gram = products(parts);
  double bound = 0, energy = 0;  // the largest eigenvalue is at most the trace
  for (size_t i = 0; i < parts.size(); ++i) {
    bound += gram[i][i];
    for (size_t j = 0; j < parts.size(); ++j) energy += gram[i][j];
  }
  std::vector<double> beta(parts.size());
  for (int step = 0; step < 20000; ++step) {
    std::vector<double> next = beta;
    for (size_t i = 0; i < parts.size(); ++i) {
      double slope = 0;
      for (size_t j = 0; j < parts.size(); ++j) slope += gram[i][j] * (beta[j] - 1);
      const double moved = beta[i] - slope / bound;
      next[i] = std::copysign(std::max(std::fabs(moved) - lambda * energy / 2 / bound, 0.0), moved);
    }
    beta = next;
  }
  return beta;
}

TEST(ChannelCriteria, LassoOfWhatReadersGet) {
  Case c(small_cnn(), clusters(20, {2, 5, 5}, 3, 1));
  const auto x = rows_of_conv2(c);
  const auto weight = c.graph.value(c.graph.find_value("conv2.weight")).constant->view<float>();
  std::vector<std::vector<double>> parts(3);
  for (size_t channel = 0; channel < 3; ++channel) {
    for (size_t o = 0; o < 4; ++o) {
      for (size_t column = 0; column < x[0].size(); ++column) {
        double sum = 0;
        for (size_t row = channel * 9; row < channel * 9 + 9; ++row)
          sum += static_cast<double>(weight[o * 27 + row]) * x[row][column];
        parts[channel].push_back(sum);
      }
    }
  }
  const std::vector<float> scores = c.all("lasso")[c.number("conv1")];
  ASSERT_EQ(scores.size(), 3U);
  for (size_t channel = 0; channel < 3; ++channel) {
    const auto score = static_cast<double>(scores[channel]);
    EXPECT_EQ(lasso(parts, 1.01 * score)[channel], 0) << channel;
    EXPECT_NE(lasso(parts, 0.99 * score)[channel], 0) << channel;
  }
}

TEST(ChannelCriteria, ReadersOfSeveralGroupsAreMeasuredOnce) {
  struct Counting : SlowEngine {
    int runs = 0;
    std::vector<Tensor> run(const Graph& graph, std::span<const Tensor> inputs,
                            std::span<const ValueId> fetch) override {
      ++runs;
      return SlowEngine::run(graph, inputs, fetch);
    }
  };
  Random random(4);
  Graph g = with_input({2});
  std::vector<ValueId> parts;
  for (const char* name : {"a", "b", "c"}) parts.push_back(fc(g, name, g.inputs[0], random_floats({2, 2}, random)));
  const ValueId both = append(g, OpKind::concat, "concat", parts, attributes({{"axis", int64_t{1}}}));
  g.outputs = {fc(g, "last", both, random_floats({2, 6}, random))};
  Case c(std::move(g), clusters(20, {2}, 2, 1));
  ASSERT_EQ(c.channels.groups().size(), 3U);
  for (const std::string_view name : {"obs", "lasso"}) {
    Counting counting;
    ChannelContext context = c.context();
    context.engine = &counting;
    const Scores scores = find_channel_criterion(name).score_all(context);
    EXPECT_EQ(counting.runs, 1) << name;
    for (const auto& list : scores) EXPECT_EQ(list.size(), 2U);
  }
}

TEST(ChannelCriteria, ScoresThatAlreadyCompareStayAsTheyAre) {
  Case c(two_layers());
  const ChannelContext context = c.context();
  const auto first = [&](const std::string& criterion, const std::string& normalization) {
    ChannelScoring scoring;
    scoring.criterion = criterion;
    if (!normalization.empty()) scoring.normalization = normalization;
    return score_channels(context, scoring).at(0);
  };
  EXPECT_EQ(first("lamp", ""), first("lamp", "none"));
  EXPECT_NE(first("lamp", ""), first("lamp", "mean"));
  EXPECT_EQ(first("l1", ""), first("l1", "mean"));
  for (const char* name : {"lamp", "taylor_gate", "global_local"})
    EXPECT_EQ(find_channel_criterion(name).normalization, "none");
  std::vector<float> equal = {2, 1, 2, 1};
  normalize_scores(equal, "lamp");
  EXPECT_THAT(equal, ElementsAre(0.5F, 1.0F / 6, 0.5F, 1.0F / 6));
}

TEST(ChannelCriteria, LassoKeepsOneOfTwins) {
  // Channels 0 and 1 are twins, of which the first gives a little more; 2 is their equal in size, and alone.
  Graph g = with_input({2});
  const ValueId a = fc(g, "fc1", g.inputs[0], floats({3, 2}, {1.1F, 0, 1, 0, 0, 1}));
  g.outputs = {fc(g, "fc2", a, floats({2, 3}, {1, 1, 0, 0, 0, 1}))};
  Case c(std::move(g),
         std::make_shared<MemoryDataset>(Shape{2}, std::vector<float>{1, 0, 0, 1}, std::vector<int64_t>{0, 1}));
  const std::vector<float> lasso = c.all("lasso")[c.number("fc1")];
  EXPECT_LT(lasso[1], 0.01F * lasso[0]);
  EXPECT_LT(lasso[1], 0.01F * lasso[2]);
}

TEST(Compensate, RefitsWhatReadsRemovedChannels) {
  Case c(small_cnn(), clusters(20, {2, 5, 5}, 3, 1));
  const auto h = products(rows_of_conv2(c));
  std::vector<bool> removed(c.channels.size());
  removed[c.group("conv1").channels[1]] = true;
  std::vector<bool> gone(27);
  for (size_t t = 0; t < 9; ++t) gone[9 + t] = true;
  const ValueId id = c.graph.find_value("conv2.weight");
  const Tensor old = *c.graph.value(id).constant;
  EXPECT_THAT(compensate(c.graph, c.context(), removed), ElementsAre(find_node(c.graph, "conv2")));
  const auto now = c.graph.value(id).constant->view<float>();
  for (size_t o = 0; o < 4; ++o) {
    std::vector<double> w(27);
    for (size_t i = 0; i < 27; ++i) w[i] = static_cast<double>(old.view<float>()[o * 27 + i]);
    const std::vector<double> change = best_change(h, w, gone, false);
    for (size_t i = 0; i < 27; ++i) EXPECT_NEAR(now[o * 27 + i], w[i] + change[i], 2e-3);
  }
  remove_channels(c.graph, c.channels, removed);
  EXPECT_EQ(c.graph.value(c.graph.find_value("conv2.weight")).constant->shape(), Shape({4, 2, 3, 3}));
}

// ---- relevance
// ---------------------------------------------------------------------------------------------------------

TEST(Relevance, OfTwoLayersByHand) {
  const Graph g = two_layers();
  const ValueId hidden = g.node(find_node(g, "relu")).outputs[0];
  SlowEngine engine;
  // x = (1, 1): hidden = relu(-1, 1, 2) = (0, 1, 2); y = (0, -1). Asked about the second output.
  const Tensor x = floats({1, 2}, {1, 1}), start = floats({1, 2}, {0, 1});
  for (const RelevanceRule rule : {RelevanceRule::epsilon, RelevanceRule::z_plus}) {
    const RelevanceGraph lrp = relevance_graph(g, {{hidden}}, rule);
    const Tensor r = engine.run(lrp.graph, {{x, start}}, lrp.relevances)[0];
    // Terms: 0, 1 x 1, 2 x -1. The sum is -1, less a quarter of the mean |z| of (0, 1): shares are -1 and 2 over 1.125,
    // of which the magnitudes may not be more than 1 together. The positive part of the sum is 1.
    const float z = rule == RelevanceRule::epsilon ? -3 : 1;
    const float last = rule == RelevanceRule::epsilon ? -2 / z : 0;
    EXPECT_THAT(r.view<float>(), ElementsAre(0, FloatNear(1 / z, 1e-5F), FloatNear(last, 1e-5F)));
  }
}

// Convolutions with strides and groups, norms, pools, a residual sum, a shortcut of every other pixel, branches and a
// gate.
Graph many_ops() {
  Random random(11);
  Graph g = with_input({2, 18, 18});
  const ValueId r0 =
      append(g, OpKind::relu, "r0", {conv(g, "c0", g.inputs[0], random_floats({4, 2, 3, 3}, random), 1)});
  const auto list = [&](const char* name, const std::vector<int64_t>& values) {
    return add_constant(g, name, integers(values));
  };
  const ValueId x = append(g, OpKind::slice, "every_other",
                           {r0, list("from", {1, 0}), list("to", {18, 18}), list("axes", {2, 3}), list("by", {2, 2})});
  const ValueId w1 = add_constant(g, "c1.weight", random_floats({4, 2, 3, 3}, random));
  const ValueId c1 = append(g, OpKind::conv, "c1", {x, w1},
                            attributes({{"group", int64_t{2}}, {"pads", std::vector<int64_t>{1, 1, 1, 1}}}));
  const ValueId sum = append(g, OpKind::add, "sum", {append_norm(g, "n1", c1, 4, random), x});
  const ValueId r1 = append(g, OpKind::relu, "r1", {sum});
  const ValueId pooled = append(g, OpKind::max_pool, "pool", {r1},
                                attributes({{"kernel_shape", std::vector<int64_t>{3, 3}},
                                            {"strides", std::vector<int64_t>{2, 2}},
                                            {"pads", std::vector<int64_t>{0, 0, 1, 1}}}));
  const ValueId w2 = add_constant(g, "c2.weight", random_floats({3, 4, 2, 2}, random));
  const ValueId c2 = append(g, OpKind::conv, "c2", {pooled, w2}, attributes({{"strides", std::vector<int64_t>{2, 2}}}));
  const ValueId average =
      append(g, OpKind::average_pool, "average", {pooled},
             attributes({{"kernel_shape", std::vector<int64_t>{2, 2}}, {"strides", std::vector<int64_t>{2, 2}}}));
  const ValueId gated = append(g, OpKind::mul, "gated", {c2, append(g, OpKind::sigmoid, "gate", {c2})});
  const ValueId both = append(g, OpKind::concat, "both", {gated, average}, attributes({{"axis", int64_t{1}}}));
  g.outputs = {fc(g, "fc", append(g, OpKind::flatten, "flatten", {both}), random_floats({3, 28}, random))};
  return g;
}

TEST(Relevance, IsConserved) {
  const Graph g = many_ops();
  const auto output = [&](const char* node) { return g.node(find_node(g, node)).outputs[0]; };
  Random random(2);
  const Tensor x = random_floats({2, 2, 18, 18}, random), start = floats({2, 3}, {0, 1, 0, 1, 0, 0});
  SlowEngine engine;
  // All relevance goes through each of these.
  const std::vector<ValueId> cuts = {output("both"), output("pool"), output("r1"), output("sum"), output("r0")};
  const RelevanceGraph lrp = relevance_graph(g, cuts, RelevanceRule::z_plus);
  const std::vector<Tensor> found = engine.run(lrp.graph, {{x, start}}, lrp.relevances);
  for (size_t k = 0; k < cuts.size(); ++k) {
    const auto r = found[k].view<float>();
    EXPECT_EQ(found[k].shape().size(), g.value(cuts[k]).dims->size());
    for (size_t n = 0; n < 2; ++n) {
      double sum = 0;
      for (size_t i = 0; i < r.size() / 2; ++i) sum += static_cast<double>(r[n * r.size() / 2 + i]);
      EXPECT_NEAR(sum, 1, 1e-4) << g.value(cuts[k]).name;
    }
  }
}

TEST(Relevance, NamesANodeWithoutARule) {
  Graph g = with_input({2, 4, 4});
  const ValueId a = conv(g, "a", g.inputs[0], floats({1, 2, 1, 1}, {1, 1}), 0);
  g.outputs = {append(g, OpKind::cum_sum, "running", {a, add_constant(g, "axis", Tensor::scalar<int64_t>(2))})};
  try {
    relevance_graph(g, {{a}}, RelevanceRule::z_plus);
    FAIL();
  } catch (const Error& e) {
    EXPECT_EQ(e.code(), Code::unsupported);
    EXPECT_THAT(e.what(), ::testing::HasSubstr("CumSum 'running'"));
  }
}

TEST(ChannelCriteria, RelevancePerChannel) {
  Case c(small_cnn(), clusters(5, {2, 5, 5}, 3, 1));
  for (const std::string_view name : {"lrp_epsilon", "lrp_zplus"}) {
    const Scores scores = c.all(name);
    ASSERT_EQ(scores.size(), c.channels.groups().size());
    for (size_t g = 0; g < scores.size(); ++g) EXPECT_EQ(scores[g].size(), c.channels.groups()[g].channels.size());
  }
  // Nothing is negative under z+, so that the scores of a layer are the shares of 1.
  const Scores scores = c.all("lrp_zplus");
  for (const auto& list : scores) {
    double sum = 0;
    for (const float s : list) sum += static_cast<double>(s);
    EXPECT_NEAR(sum, 1, 1e-3);
  }
}

TEST(ChannelCriteria, AllAreComplete) {
  Case c(two_layers(), clusters(4, {2}, 2, 1));
  c.evidence = c.engine.measure(c.graph, *c.data, {.gradient = true, .curvature = true}, 1, Progress::quiet());
  const ChannelContext context = c.context();
  for (const ChannelCriterion* criterion : channel_criterion_list()) {
    SCOPED_TRACE(criterion->name);
    EXPECT_EQ(&find_channel_criterion(criterion->name), criterion);
    EXPECT_NE(criterion->score == nullptr, criterion->score_all == nullptr);
    EXPECT_EQ(criterion->score == nullptr, criterion->looks_at == nullptr);
    Scores scores;
    if (criterion->score_all) {
      scores = criterion->score_all(context);
      ASSERT_EQ(scores.size(), c.channels.groups().size());
    } else {
      for (const ChannelGroup& group : c.channels.groups())
        for (const ChannelMember& member : members_of(c.graph, c.channels, group))
          if (criterion->looks_at(member.role)) scores.push_back(score(*criterion, context, group, member));
    }
    for (const auto& list : scores)
      for (const float s : list) EXPECT_TRUE(std::isfinite(s) && s >= 0) << s;
  }
  EXPECT_THROW(find_channel_criterion("l3"), Error);
}

}  // namespace
}  // namespace pare::testing
