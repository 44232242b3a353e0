// Lasso channel selection (He et al. 2017, "Channel Pruning for Accelerating Very Deep Neural Networks"): a factor for
// every channel of a group, such that with few of them not 0 the outputs of the readers stay as they are,
//
//   min over beta  sum over readers |Y - sum_i beta_i Z_i|^2 / |Y|^2 + lambda |beta|_1,
//
// where Z_i = W_i X_i is what channel i gives to the outputs Y = sum_i Z_i of a reader. What other groups give is left
// as it is. As lambda grows, channels leave; the score of a channel is the lambda from which on it is out. compensate()
// is the second half, the least squares for W.
#include <algorithm>
#include <cmath>

#include "compress/prune/channels/input_products.h"

namespace pare {
namespace {

constexpr int kLambdas = 100;      // of the path, in geometric steps
constexpr double kLeast = 1e-4;    // the last lambda, over the first
constexpr double kStill = 1e-6;    // change of a factor that counts as none
constexpr int kMostSweeps = 1000;  // of coordinate descent for one lambda

// <W_r, W_s> for all pairs of rows of X, over the outputs.
Matrix products_of_weights(const ChannelContext& context, const LayerMatrix& layer) {
  const auto weight = context.graph.value(layer.weight).constant->view<float>();
  return gram(layer.inputs * layer.taps, layer.outputs, context.reports(), [&](size_t from, Matrix& part) {
    for (size_t r = 0; r < part.rows(); ++r)
      for (size_t o = 0; o < part.columns(); ++o)
        part.at(r, o) = static_cast<double>(weight[layer.element(from + o, r / layer.taps, r % layer.taps)]);
  });
}

// sum[i][j] += <Z_i, Z_j> / |Y|^2 = sum over rows r of i and s of j of (X X^T)_rs (W^T W)_rs / |Y|^2.
void add_contributions(const InputProducts& input, const Matrix& of_weights,
                       const std::vector<std::vector<size_t>>& rows, Matrix& sum) {
  for (size_t i = 0; i < rows.size(); ++i)
    for (size_t j = 0; j < rows.size(); ++j)
      for (const size_t r : rows[i])
        for (const size_t s : rows[j]) sum.at(i, j) += input.products.at(r, s) * of_weights.at(r, s) / input.energy;
}

// The same where there are too many inputs to know what they have in common.
void add_diagonal(const Graph& graph, const InputProducts& input, const std::vector<std::vector<size_t>>& rows,
                  Matrix& sum) {
  const LayerMatrix& layer = input.layer;
  const auto weight = graph.value(layer.weight).constant->view<float>();
  for (size_t i = 0; i < rows.size(); ++i) {
    for (const size_t r : rows[i]) {
      for (size_t o = 0; o < layer.outputs; ++o) {
        const auto w = static_cast<double>(weight[layer.element(o, r / layer.taps, r % layer.taps)]);
        sum.at(i, i) += input.diagonal[r] * w * w / input.energy;
      }
    }
  }
}

// Factors by coordinate descent, with the gradients that follow from them.
class Path {
 public:
  explicit Path(const Matrix& gram) : gram_(gram), beta_(gram.rows()), rest_(gram.rows()) {
    for (size_t i = 0; i < gram.rows(); ++i)
      for (size_t j = 0; j < gram.rows(); ++j) rest_[i] += gram.at(i, j);  // <Z_i, Y>
  }
  // 2 <Z_i, what the others leave of Y>: the channel is in where that is more than lambda.
  double pull(size_t i) const { return 2 * std::fabs(rest_[i] + gram_.at(i, i) * beta_[i]); }
  double most() const {
    double result = 0;
    for (size_t i = 0; i < beta_.size(); ++i) result = std::max(result, pull(i));
    return result;
  }
  bool in(size_t i) const { return beta_[i] != 0; }

  void solve(double lambda) {
    for (int sweep = 0; sweep < kMostSweeps; ++sweep) {
      double largest = 0;
      for (size_t i = 0; i < beta_.size(); ++i) largest = std::max(largest, update(i, lambda));
      if (largest < kStill) break;
    }
  }

 private:
  double update(size_t i, double lambda) {
    const double own = gram_.at(i, i);
    if (own <= 0) return 0;
    const double target = rest_[i] + own * beta_[i];
    const double shrunk = std::max(std::fabs(target) - lambda / 2, 0.0);
    const double change = std::copysign(shrunk, target) / own - beta_[i];
    if (change == 0) return 0;
    for (size_t j = 0; j < beta_.size(); ++j) rest_[j] -= gram_.at(i, j) * change;
    beta_[i] += change;
    return std::fabs(change);
  }

  const Matrix& gram_;
  std::vector<double> beta_, rest_;  // rest: <Z_i, Y - sum beta_j Z_j>
};

// From the largest lambda down: when does each channel come in?
std::vector<double> entries(const Matrix& gram, Progress& progress) {
  Path path(gram);
  const double most = path.most();
  std::vector<double> result(gram.rows()), before(gram.rows());
  if (most <= 0) return result;
  for (size_t i = 0; i < result.size(); ++i) before[i] = path.pull(i);
  std::vector<bool> known(gram.rows());
  double last = most;
  Stage stage(progress, "lasso", kLambdas);
  for (int step = 1; step <= kLambdas; ++step) {
    stage.check();
    const double lambda = most * std::pow(kLeast, static_cast<double>(step) / kLambdas);
    path.solve(lambda);
    for (size_t i = 0; i < result.size(); ++i) {
      const double now = path.pull(i);
      if (!known[i] && path.in(i)) {
        // Between two lambdas pulls change in a straight line, as long as no other channel comes or goes.
        const double out = last - before[i], inside = now - lambda;
        result[i] = last + (lambda - last) * std::clamp(out / (out + inside), 0.0, 1.0);
        known[i] = true;
      }
      before[i] = now;
    }
    last = lambda;
    stage.advance(static_cast<uint64_t>(step));
  }
  for (size_t i = 0; i < result.size(); ++i)
    if (!known[i]) result[i] = std::min(path.pull(i), last);
  return result;
}

std::vector<std::vector<float>> score_lasso(const ChannelContext& context) {
  const auto groups = context.channels.groups();
  std::vector<Matrix> sums(groups.size());
  for_readers(context, [&](InputProducts& input, const ChannelMember& member, std::span<const size_t> on) {
    const bool whole = input.products.rows() > 0 && input.energy > 0;
    const Matrix of_weights = whole ? products_of_weights(context, input.layer) : Matrix();
    for (const size_t g : on) {
      if (sums[g].rows() == 0) sums[g] = Matrix(groups[g].channels.size(), groups[g].channels.size());
      if (input.energy <= 0) continue;
      const auto rows = rows_of_channels(context, groups[g], member, input.layer);
      if (whole)
        add_contributions(input, of_weights, rows, sums[g]);
      else
        add_diagonal(context.graph, input, rows, sums[g]);
    }
  });
  std::vector<std::vector<float>> scores;
  for (const Matrix& sum : sums) {
    const std::vector<double> found = sum.rows() == 0 ? std::vector<double>() : entries(sum, context.reports());
    scores.emplace_back(found.begin(), found.end());
  }
  return scores;
}

}  // namespace

extern const ChannelCriterion channel_criterion_lasso;
const ChannelCriterion channel_criterion_lasso{
    .name = "lasso",
    .summary = "penalty at which the channel drops out of what its readers give (lasso channel selection)",
    .data = true,
    .score_all = score_lasso};

}  // namespace pare
