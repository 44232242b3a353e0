// Which neighbours and weights predict the elements of a tensor.
#pragma once

#include <span>

#include "format/codec/rans_matrix.h"

namespace pare {

// The tensor in the order of the matrix, or some of its rows.
struct RansView {
  std::vector<int16_t> copy;
  std::span<const int16_t> values;  // [rows][columns]
  uint64_t rows = 0, columns = 0;
};

// Calls visit(neighbours, column, active lanes, values of the lanes) for every step of the coder.
template <class Visit>
void rans_walk(const RansRecipe& r, const RansView& view, Visit visit) {
  RansNeighbours neighbours(r, view.columns);
  std::array<int16_t, kRansMostLanes> values{};
  for (uint64_t row = 0; row < view.rows; row += r.lanes) {
    const auto active = static_cast<uint32_t>(std::min<uint64_t>(r.lanes, view.rows - row));
    for (uint64_t column = 0; column < view.columns; ++column) {
      for (uint32_t l = 0; l < active; ++l) values[l] = view.values[(row + l) * view.columns + column];
      visit(neighbours, column, active, values);
      for (uint32_t l = 0; l < active; ++l) neighbours.set(column, l, values[l]);
    }
    neighbours.next_group();
  }
}

// Sets the neighbours, their weights, and what stands for those outside of the matrix. `r` says how the matrix lies;
// `dimensions` are those of the tensor, whose geometry suggests neighbours.
void rans_fit_prediction(RansRecipe& r, const RansView& view, const Shape& dimensions);

}  // namespace pare
