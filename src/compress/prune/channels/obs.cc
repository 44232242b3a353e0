// OBS of channels: the squared error of what the readers of a channel give when it is gone and the rest of their
// weights make up for it as well as they can. With H = X X^T over a reader's inputs and B the rows of X that belong to
// the channel, the least error is the sum over outputs of w_B^T ([H^-1]_BB)^-1 w_B (Hassibi and Stork 1993, "Second
// order derivatives for network pruning", for blocks of weights and a layer at a time: Dong et al. 2017). It is divided
// by the reader's squared output, so that layers compare. compensate() makes the rest make up for it.
#include "compress/prune/channels/input_products.h"
#include "core/error.h"
#include "core/parallel.h"

namespace pare {
namespace {

// ([H^-1]_BB) from the inverse of H's Cholesky factor: H^-1 = L^-T L^-1.
Matrix block_of_inverse(const Matrix& inverse_lower, const std::vector<size_t>& block) {
  Matrix result(block.size(), block.size());
  for (size_t k = block.front(); k < inverse_lower.rows(); ++k) {
    for (size_t a = 0; a < block.size(); ++a)
      for (size_t b = 0; b < block.size(); ++b)
        result.at(a, b) += inverse_lower.at(k, block[a]) * inverse_lower.at(k, block[b]);
  }
  return result;
}

double error_with_refit(const Matrix& factor, const std::vector<double>& weights, const std::vector<size_t>& block) {
  std::vector<double> w, x;
  for (const size_t row : block) w.push_back(weights[row]);
  x = w;
  solve_cholesky(factor, x);
  double error = 0;
  for (size_t i = 0; i < w.size(); ++i) error += w[i] * x[i];
  return error;
}

// What one reader loses.
class ReaderErrors {
 public:
  ReaderErrors(const Graph& graph, InputProducts& input) : graph_(graph), input_(input) {
    if (input.energy <= 0 || input.products.rows() == 0) return;
    for (size_t o = 0; o < input.layer.outputs; ++o) weights_.push_back(input.weights_of(graph, o));
    damp(input.products);
    factorize(input.products);
    inverse_ = inverse_of_lower(input.products);
  }

  // Per channel, over the energy of the outputs.
  std::vector<double> of(const std::vector<std::vector<size_t>>& rows) const {
    std::vector<double> result(rows.size());
    if (input_.energy <= 0) return result;
    parallel_for(rows.size(), [&](size_t c) {
      if (!rows[c].empty()) result[c] = (weights_.empty() ? alone(rows[c]) : refitted(rows[c])) / input_.energy;
    });
    return result;
  }

 private:
  void factorize(Matrix& matrix) const {
    within(graph_.label(graph_.node(input_.layer.node)), [&] { cholesky(matrix); });
  }
  // Too many inputs to know what could make up for what: the error of inputs that have nothing in common.
  double alone(const std::vector<size_t>& rows) const {
    const LayerMatrix& layer = input_.layer;
    const auto weight = graph_.value(layer.weight).constant->view<float>();
    double sum = 0;
    for (const size_t row : rows) {
      for (size_t o = 0; o < layer.outputs; ++o) {
        const auto w = static_cast<double>(weight[layer.element(o, row / layer.taps, row % layer.taps)]);
        sum += input_.diagonal[row] * w * w;
      }
    }
    return sum;
  }
  double refitted(const std::vector<size_t>& rows) const {
    Matrix block = block_of_inverse(inverse_, rows);
    factorize(block);
    double sum = 0;
    for (const auto& w : weights_) sum += error_with_refit(block, w, rows);
    return sum;
  }

  const Graph& graph_;
  const InputProducts& input_;
  std::vector<std::vector<double>> weights_;
  Matrix inverse_;
};

std::vector<std::vector<float>> score_obs(const ChannelContext& context) {
  const auto groups = context.channels.groups();
  std::vector<std::vector<double>> sums(groups.size());
  for_readers(context, [&](InputProducts& input, const ChannelMember& member, std::span<const size_t> on) {
    const ReaderErrors errors(context.graph, input);
    for (const size_t g : on) {
      const auto more = errors.of(rows_of_channels(context, groups[g], member, input.layer));
      sums[g].resize(more.size());
      for (size_t c = 0; c < more.size(); ++c) sums[g][c] += more[c];
    }
  });
  std::vector<std::vector<float>> scores;
  for (const auto& of_group : sums) scores.emplace_back(of_group.begin(), of_group.end());
  return scores;
}

}  // namespace

extern const ChannelCriterion channel_criterion_obs;
const ChannelCriterion channel_criterion_obs{
    .name = "obs",
    .summary = "error of the readers when the rest of their weights make up for the channel (least squares)",
    .data = true,
    .score_all = score_obs};

}  // namespace pare
