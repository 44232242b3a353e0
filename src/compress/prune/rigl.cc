#include "compress/prune/rigl.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "core/error.h"

namespace pare {
namespace {

double size_of_gradient(float g) { return std::isfinite(g) ? std::fabs(static_cast<double>(g)) : 0; }

// The best element of every row that has one.
void exclude_best(const MatrixView& view, std::span<const float> weight, const BitMask& mask,
                  std::vector<bool>& candidate) {
  for (int64_t row = 0; row < view.all_rows(); ++row) {
    std::optional<size_t> best;
    for (int64_t column = 0; column < view.columns; ++column) {
      const size_t i = view.index(row, column);
      if (mask[i] && (!best || std::fabs(weight[i]) > std::fabs(weight[*best]))) best = i;
    }
    if (best) candidate[*best] = false;
  }
}

// The `count` first of `items` in an order; ties by place, so that the result is the same everywhere.
template <class Before>
void keep_first(std::vector<size_t>& items, size_t count, Before before) {
  if (count >= items.size()) return;
  const auto order = [&](size_t a, size_t b) { return before(a, b) || (!before(b, a) && a < b); };
  std::nth_element(items.begin(), items.begin() + static_cast<std::ptrdiff_t>(count), items.end(), order);
  items.resize(count);
}

}  // namespace

void exchange_weights(const MatrixView& view, std::span<const float> weight, std::span<const float> gradient,
                      double share, bool keep_rows, BitMask& mask) {
  std::vector<bool> candidate(mask.size());
  size_t kept = 0;
  for (size_t i = 0; i < mask.size(); ++i) kept += candidate[i] = mask[i];
  if (keep_rows) exclude_best(view, weight, mask, candidate);
  std::vector<size_t> going, coming;
  for (size_t i = 0; i < mask.size(); ++i)
    if (candidate[i]) going.push_back(i);
  const size_t wanted = std::min(static_cast<size_t>(share * static_cast<double>(kept)), mask.size() - kept);
  keep_first(going, wanted, [&](size_t a, size_t b) { return std::fabs(weight[a]) < std::fabs(weight[b]); });
  for (const size_t i : going) mask.set(i, false);
  for (size_t i = 0; i < mask.size(); ++i)
    if (!mask[i]) coming.push_back(i);
  keep_first(coming, going.size(),
             [&](size_t a, size_t b) { return size_of_gradient(gradient[a]) > size_of_gradient(gradient[b]); });
  for (const size_t i : coming) mask.set(i, true);
}

void RiglRegrowth::on_step(State& state) {
  const auto steps = static_cast<double>(state.steps());
  const double share =
      cosine_share(options_.regrow, static_cast<double>(state.step()), options_.begin * steps, options_.end * steps);
  for (const PruneLayer& layer : pruner_.layers()) {
    const std::span<Parameter> all = state.parameters();
    const auto found =
        std::find_if(all.begin(), all.end(), [&](const Parameter& p) { return p.value == layer.weight; });
    ensure(found != all.end() && !found->gradient.empty(),
           "layer '{}' is not trained, so none of its weights can come back", layer.name);
    exchange_weights(layer.view, found->weight, found->gradient, share, options_.guards.keep_rows, state.mask(*found));
  }
}

}  // namespace pare
