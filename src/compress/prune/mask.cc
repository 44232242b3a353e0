#include "compress/prune/mask.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <functional>
#include <limits>
#include <numeric>

#include "core/error.h"

namespace pare {
namespace {

constexpr float kGone = -1;  // score of a unit that is removed already
constexpr float kProtected = std::numeric_limits<float>::infinity();

// The units of one task, numbered row by row.
class Units {
 public:
  Units(const MatrixView& view, const Pattern& pattern)
      : view_(view),
        rows_(pattern.rows),
        columns_(pattern.columns),
        per_row_((view.columns + columns_ - 1) / columns_),
        unit_rows_((view.all_rows() + rows_ - 1) / rows_) {}

  int64_t rows() const { return unit_rows_; }
  int64_t per_row() const { return per_row_; }
  size_t size() const { return static_cast<size_t>(unit_rows_ * per_row_); }
  template <class Visit>
  void elements(size_t unit, Visit&& visit) const {
    const int64_t top = static_cast<int64_t>(unit) / per_row_ * rows_;
    const int64_t left = static_cast<int64_t>(unit) % per_row_ * columns_;
    for (int64_t r = top; r < std::min(top + rows_, view_.all_rows()); ++r) {
      for (int64_t c = left; c < std::min(left + columns_, view_.columns); ++c) visit(view_.index(r, c));
    }
  }

 private:
  const MatrixView& view_;
  int64_t rows_, columns_, per_row_, unit_rows_;
};

// Mean score of what is left of every unit.
std::vector<float> unit_scores(const MaskTask& task, const Units& units) {
  std::vector<float> result(units.size());
  for (size_t u = 0; u < result.size(); ++u) {
    double sum = 0;
    int64_t left = 0;
    units.elements(u, [&](size_t e) {
      if ((*task.mask)[e]) sum += static_cast<double>(task.scores[e]), ++left;
    });
    result[u] = left ? static_cast<float>(sum / static_cast<double>(left)) : kGone;
  }
  return result;
}

// Units that have to stay: the best of every row and the best `share` of the layer.
std::vector<size_t> guarded(const std::vector<float>& scores, const Units& units, double share, bool rows) {
  std::vector<size_t> result;
  if (rows) {
    for (int64_t r = 0; r < units.rows(); ++r) {
      const auto first = scores.begin() + r * units.per_row();
      const auto best = std::max_element(first, first + units.per_row());
      if (*best > kGone) result.push_back(static_cast<size_t>(best - scores.begin()));
    }
  }
  const size_t count =
      std::clamp<size_t>(static_cast<size_t>(std::ceil(share * static_cast<double>(scores.size()))), 1, scores.size());
  std::vector<float> ranked = scores;
  const auto last = ranked.begin() + static_cast<std::ptrdiff_t>(count - 1);
  std::nth_element(ranked.begin(), last, ranked.end(), std::greater<>());
  const float threshold = *last;
  const auto above = std::count_if(scores.begin(), scores.end(), [&](float s) { return s > threshold; });
  size_t ties = count - static_cast<size_t>(above);
  for (size_t u = 0; u < scores.size(); ++u) {
    if (scores[u] < threshold || (scores[u] == threshold && ties == 0)) continue;
    if (scores[u] == threshold) --ties;
    if (scores[u] > kGone) result.push_back(u);
  }
  return result;
}

// Removes the `count` lowest units of all pooled tasks; ties go in the order of the tasks and elements.
void remove_lowest(std::span<MaskTask> tasks, const Pattern& pattern, double sparsity, double min_kept,
                   bool keep_rows) {
  size_t total = 0, fixed = 0;
  std::vector<std::vector<float>> scores;
  std::vector<std::vector<std::pair<size_t, float>>> kept;  // guarded units and the scores they had
  std::vector<float> pool;
  for (const MaskTask& task : tasks) {
    const Units units(task.view, pattern);
    scores.push_back(unit_scores(task, units));
    kept.emplace_back();
    for (size_t u : guarded(scores.back(), units, min_kept, keep_rows)) {
      if (scores.back()[u] == kProtected) continue;
      kept.back().emplace_back(u, scores.back()[u]);
      scores.back()[u] = kProtected;
    }
    total += units.size();
    fixed += kept.back().size();
    pool.insert(pool.end(), scores.back().begin(), scores.back().end());
  }
  const size_t count =
      std::min(static_cast<size_t>(std::llround(sparsity * static_cast<double>(total))), total - fixed);
  if (count == 0) return;
  std::nth_element(pool.begin(), pool.begin() + static_cast<std::ptrdiff_t>(count - 1), pool.end());
  const float threshold = pool[count - 1];
  size_t below = 0;
  for (const auto& task : scores)
    below += static_cast<size_t>(std::count_if(task.begin(), task.end(), [&](float s) { return s < threshold; }));
  size_t ties = count - below;
  for (size_t t = 0; t < tasks.size(); ++t) {
    const Units units(tasks[t].view, pattern);
    for (size_t u = 0; u < units.size(); ++u) {
      const float score = scores[t][u];
      if (score > threshold || (score == threshold && ties == 0)) continue;
      if (score == threshold) --ties;
      units.elements(u, [&](size_t e) { tasks[t].mask->set(e, false); });
    }
  }
}

// Removes the lowest of every group; at sparsity below (m - n) / m, fewer of each.
void remove_n_of_m(MaskTask& task, const Pattern& pattern) {
  const MatrixView& view = task.view;
  std::vector<size_t> group;
  for (int64_t r = 0; r < view.all_rows(); ++r) {
    for (int64_t left = 0; left < view.columns; left += pattern.m) {
      group.clear();
      for (int64_t c = left; c < std::min(left + pattern.m, view.columns); ++c) group.push_back(view.index(r, c));
      const auto length = static_cast<double>(group.size());
      const auto most = static_cast<size_t>(static_cast<int64_t>(group.size()) * (pattern.m - pattern.n) / pattern.m);
      const size_t remove = std::min(most, static_cast<size_t>(std::llround(task.sparsity * length)));
      const auto rank = [&](size_t e) { return (*task.mask)[e] ? task.scores[e] : kGone; };
      std::stable_sort(group.begin(), group.end(), [&](size_t a, size_t b) { return rank(a) < rank(b); });
      for (size_t i = 0; i < remove; ++i) task.mask->set(group[i], false);
    }
  }
}

}  // namespace

MatrixView matrix_view(const Graph& graph, const Layer& layer) {
  const Node& node = graph.node(layer.node);
  const Shape& shape = graph.value(layer.weight).constant->shape();
  const auto product = [&](size_t from, size_t to) {
    return std::accumulate(shape.begin() + static_cast<std::ptrdiff_t>(from),
                           shape.begin() + static_cast<std::ptrdiff_t>(to), int64_t{1}, std::multiplies<>());
  };
  MatrixView view;
  const size_t rank = shape.size();
  const bool left = !node.inputs.empty() && node.inputs[0] == layer.weight;
  const bool transposed = node.attributes.integer(left ? "transA" : "transB", 0) != 0;
  const bool matrix = node.op == OpKind::gemm || node.op == OpKind::matmul;
  // Rows are outputs: of x W the last axis, of W x, and of recurrent layers, the one before it.
  if (matrix && rank >= 2 && left == transposed) {
    view = {product(0, rank - 2), shape[rank - 1], shape[rank - 2], 0, 1, shape[rank - 1]};
  } else if ((matrix || layer.kind == LayerKind::recurrent) && rank >= 2) {
    view = {product(0, rank - 2), shape[rank - 2], shape[rank - 1], 0, shape[rank - 1], 1};
  } else {
    const int64_t columns = product(1, rank);
    view = {1, shape[0], columns, 0, columns, 1};
  }
  view.batch_stride = view.rows * view.columns;
  return view;
}

Pattern parse_pattern(std::string_view text) {
  if (text == "none") return {};
  const auto number = [&](std::string_view digits) {
    int64_t value = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
    ensure(error == std::errc() && end == digits.data() + digits.size() && value >= 1 && value <= 1024,
           "block: expected none, N:M such as 2:4, or RxC such as 1x4, got '{}'", text);
    return value;
  };
  const size_t at = std::min(text.find_first_of(":x"), text.size());
  const int64_t first = number(text.substr(0, at));
  const int64_t second = number(at < text.size() ? text.substr(at + 1) : std::string_view());
  if (text[at] == 'x') return {.kind = Pattern::Kind::block, .rows = first, .columns = second};
  ensure(first < second, "block: {} of {} removes nothing", first, second);
  return {.kind = Pattern::Kind::n_of_m, .n = first, .m = second};
}

void prune_layers(std::span<MaskTask> tasks, const Pattern& pattern, const Guards& guards) {
  for (MaskTask& task : tasks) {
    if (pattern.kind == Pattern::Kind::n_of_m)
      remove_n_of_m(task, pattern);
    else
      remove_lowest({&task, 1}, pattern, task.sparsity, 0, guards.keep_rows);
  }
}

void prune_globally(std::span<MaskTask> tasks, double sparsity, const Pattern& pattern, const Guards& guards) {
  remove_lowest(tasks, pattern, sparsity, guards.min_kept, guards.keep_rows);
}

}  // namespace pare
