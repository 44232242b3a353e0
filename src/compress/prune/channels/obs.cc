// OBS of channels: the squared error of what the readers of a channel give when it is gone and the rest of their
// weights make up for it as well as they can. With H = X X^T over a reader's inputs and B the rows of X that belong to
// the channel, the least error is the sum over outputs of w_B^T ([H^-1]_BB)^-1 w_B (Hassibi and Stork 1993, "Second
// order derivatives for network pruning", for blocks of weights and a layer at a time: Dong et al. 2017). It is divided
// by the reader's squared output, so that layers compare. compensate() makes the rest make up for it.
#include "compress/prune/channels/input_products.h"
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

// Per channel, over the energy of the outputs.
std::vector<double> errors(const Graph& graph, InputProducts& input, const std::vector<std::vector<size_t>>& rows) {
  std::vector<std::vector<double>> weights;
  for (size_t o = 0; o < input.layer.outputs; ++o) weights.push_back(input.weights_of(graph, o));
  std::vector<double> result(rows.size());
  if (input.energy <= 0) return result;
  if (input.products.rows() == 0) {
    // Too many inputs to know what could make up for what: the error of inputs that have nothing in common.
    parallel_for(rows.size(), [&](size_t c) {
      for (const size_t row : rows[c])
        for (const auto& w : weights) result[c] += input.diagonal[row] * w[row] * w[row] / input.energy;
    });
    return result;
  }
  damp(input.products);
  cholesky(input.products);
  const Matrix inverse = inverse_of_lower(input.products);
  parallel_for(rows.size(), [&](size_t c) {
    if (rows[c].empty()) return;
    Matrix block = block_of_inverse(inverse, rows[c]);
    cholesky(block);
    for (const auto& w : weights) result[c] += error_with_refit(block, w, rows[c]) / input.energy;
  });
  return result;
}

std::vector<std::vector<float>> score_obs(const ChannelContext& context) {
  std::vector<std::vector<float>> scores;
  for (const ChannelGroup& group : context.channels.groups()) {
    std::vector<double> sums;
    for (const ChannelMember& member : members_of(context.graph, context.channels, group)) {
      if (member.role != ChannelRole::reads) continue;
      std::optional<InputProducts> input = input_products(context, member);
      if (!input) continue;
      const auto more = errors(context.graph, *input, rows_of_channels(context, group, member, input->layer));
      sums.resize(more.size());
      for (size_t c = 0; c < more.size(); ++c) sums[c] += more[c];
    }
    scores.emplace_back(sums.begin(), sums.end());
  }
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
