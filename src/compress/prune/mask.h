// From scores to masks: which elements of which weights go at a given sparsity. Pure functions of spans; the step, the
// observer and the tests share them.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/graph.h"
#include "format/grid.h"

namespace pare {

// A weight seen as a matrix: one row per output, columns in the order in which its inputs lie in memory.
// (Batched matrices are stacked: rows = batch * outputs.)
struct MatrixView {
  int64_t batch = 1, rows = 0, columns = 0;
  int64_t batch_stride = 0, row_stride = 0, column_stride = 0;
  int64_t all_rows() const { return batch * rows; }
  size_t index(int64_t row, int64_t column) const {
    return static_cast<size_t>(row / rows * batch_stride + row % rows * row_stride + column * column_stride);
  }
};
MatrixView matrix_view(const Graph& graph, const Layer& layer);

// What is removed together.
struct Pattern {
  enum class Kind : uint8_t { element, n_of_m, block };
  Kind kind = Kind::element;
  int64_t n = 0, m = 0;           // n_of_m: n stay of every m consecutive columns; the rest of a row keeps its share
  int64_t rows = 1, columns = 1;  // block; blocks at the edge may be smaller
};
Pattern parse_pattern(std::string_view text);  // "none", "2:4", "1x4"; Error(invalid)

// So that no threshold, however unlucky, destroys the network.
struct Guards {
  double min_kept = 0.001;  // share of every layer that stays under a global threshold; at least one unit always does
  bool keep_rows = true;    // every output keeps its best unit: no path from an output back to the input is cut
};

struct MaskTask {
  MatrixView view;
  std::span<const float> scores;  // one per element, not negative
  BitMask* mask = nullptr;        // in: what is left; out: what stays. Elements that are gone stay gone.
  double sparsity = 0;            // share of all elements to remove; not used under a global threshold
};
// Every task by its own sparsity.
void prune_layers(std::span<MaskTask> tasks, const Pattern& pattern, const Guards& guards);
// One threshold over all tasks, such that `sparsity` of all units are gone. Not for n_of_m.
void prune_globally(std::span<MaskTask> tasks, double sparsity, const Pattern& pattern, const Guards& guards);

}  // namespace pare
