// The matrix in which rans sees a tensor, and the class of each element from what was coded before it. Shared by the
// encoder and the scalar decoder; rans_decode_avx2.cc does the same with vectors.
#pragma once

#include <cstring>
#include <utility>

#include "format/codec/rans.h"

namespace pare {

struct RansMatrix {
  uint64_t rows = 0, columns = 1;
  bool transposed = false;

  // Without contexts one column holds all; else the first `row_axes` axes make the rows, or the columns if transposed.
  RansMatrix(const RansRecipe& recipe, const Shape& shape, uint64_t count) : rows(count) {
    if (!recipe.contexts || count == 0) return;
    for (size_t i = recipe.row_axes; i < shape.size(); ++i) columns *= static_cast<uint64_t>(shape[i]);
    rows = count / columns;
    transposed = recipe.transposed;
    if (transposed) std::swap(rows, columns);
  }
  // Lanes of the group that starts at `row` that have a row.
  uint32_t active(uint32_t lanes, uint64_t row) const {
    return static_cast<uint32_t>(std::min<uint64_t>(lanes, rows - row));
  }
  // Position in the tensor, row-major.
  uint64_t index(uint64_t row, uint64_t column) const {
    return transposed ? column * rows + row : row * columns + column;
  }
};

// A coded symbol as neighbours see it: its value in the upper half, 16 times its magnitude in the lower one.
inline int32_t rans_pack(int64_t symbol) {
  const auto s = static_cast<int32_t>(std::clamp<int64_t>(symbol, -kRansFarthest, kRansFarthest));
  return s * 65536 + 16 * (s < 0 ? -s : s);
}
inline int32_t rans_packed_value(int32_t packed) { return packed >> 16; }
inline int32_t rans_packed_magnitude(int32_t packed) { return packed & 0xFFFF; }

// Rates of the running averages: fast at first.
inline unsigned rans_row_rate(uint64_t column) {
  return std::min(5U, static_cast<unsigned>(std::bit_width(column + 1)));
}
inline unsigned rans_column_rate(uint64_t group) { return std::min(3U, static_cast<unsigned>(std::bit_width(group))); }

inline unsigned rans_mean_class(unsigned means, int32_t scale, int32_t mean) {
  const int32_t distance = (mean < 0 ? -mean : mean) * 256;
  unsigned m = 0;
  for (unsigned i = 0; i + 1 < means; ++i) m += distance > kRansMeanThresholds[means - 1][i] * scale;
  return m;
}

// Neighbours and averages of the group that is being coded. 16 bytes per column and lane at most.
class RansNeighbours {
 public:
  RansNeighbours(const RansRecipe& recipe, uint64_t columns) : recipe_(recipe), columns_(columns) {
    for (const RansTap& t : recipe.taps) {
      left_ = std::max<int64_t>(left_, t.columns);
      right_ = std::max<int64_t>(right_, -int64_t{t.columns});
    }
    const auto width = static_cast<size_t>(left_ + right_) + columns;
    current_.assign(width * recipe.lanes, recipe.missing);
    above_ = current_;
    if (recipe.column_weight != 0) column_averages_.assign(columns, recipe.missing << 8);
    for (const RansTap& t : recipe.taps) offsets_.push_back((left_ - t.columns) * static_cast<int64_t>(recipe.lanes));
    for (size_t i = 0; i + 1 < recipe.scales(); ++i)
      thresholds_.push_back(rans_scale_threshold(recipe.scale_thresholds[i]));
    start_row();
  }

  struct Class {
    uint8_t index;
    bool flipped;  // the symbol that is coded is the negative one
  };
  // What the lanes' elements in `column` are predicted to be: magnitude in 1/1024, value in 1/64.
  void predict(uint64_t column, int32_t* scale, int32_t* mean) const {
    const uint32_t lanes = recipe_.lanes;
    int32_t common = recipe_.constant;
    if (recipe_.column_weight != 0) common += recipe_.column_weight * (column_averages_[column] >> 8);
    for (uint32_t l = 0; l < lanes; ++l) {
      scale[l] = common + recipe_.row_weight * (row_averages_[l] >> 8);
      mean[l] = 0;
    }
    for (size_t t = 0; t < offsets_.size(); ++t) {
      const RansTap& tap = recipe_.taps[t];
      const int32_t* from = neighbour(t) + column * lanes;
      for (uint32_t l = 0; l < lanes; ++l) {
        scale[l] += tap.magnitude_weight * rans_packed_magnitude(from[l]);
        mean[l] += tap.value_weight * rans_packed_value(from[l]);
      }
    }
  }
  void classify(uint64_t column, Class* classes) const {
    std::array<int32_t, kRansMostLanes> scale, mean;
    predict(column, scale.data(), mean.data());
    for (uint32_t l = 0; l < recipe_.lanes; ++l) {
      unsigned s = 0;
      for (const int32_t threshold : thresholds_) s += scale[l] >= threshold;
      const unsigned m = rans_mean_class(recipe_.means, scale[l], mean[l]);
      classes[l] = {static_cast<uint8_t>(s * recipe_.means + m), m > 0 && mean[l] < 0};
    }
  }
  // Must follow predict() or classify() of the same column.
  void set(uint64_t column, uint32_t lane, int64_t symbol) {
    const int32_t packed = rans_pack(symbol);
    current_[(static_cast<size_t>(left_) + column) * recipe_.lanes + lane] = packed;
    row_averages_[lane] += (rans_packed_magnitude(packed) * 256 - row_averages_[lane]) >> rans_row_rate(column);
  }
  // The group is complete: it is now the one above.
  void next_group() {
    if (recipe_.column_weight != 0) {
      const auto log_lanes = static_cast<unsigned>(std::countr_zero(recipe_.lanes));
      const unsigned rate = rans_column_rate(group_);
      const int32_t* from = current_.data() + left_ * static_cast<int64_t>(recipe_.lanes);
      for (uint64_t c = 0; c < columns_; ++c, from += recipe_.lanes) {
        int32_t sum = 0;
        for (uint32_t l = 0; l < recipe_.lanes; ++l) sum += rans_packed_magnitude(from[l]);
        column_averages_[c] += ((sum * 256 >> log_lanes) - column_averages_[c]) >> rate;
      }
    }
    ++group_;
    current_.swap(above_);
    start_row();
  }

  // For code that works on the arrays themselves, packed symbols of [column][lane] from column 0 on.
  int32_t* row() { return current_.data() + left_ * static_cast<int64_t>(recipe_.lanes); }
  const int32_t* neighbour(size_t tap) const {
    return (recipe_.taps[tap].above ? above_ : current_).data() + offsets_[tap];
  }
  const std::array<int32_t, kRansMostLanes>& row_averages() const { return row_averages_; }
  const std::vector<int32_t>& thresholds() const { return thresholds_; }
  const int32_t* column_averages() const { return column_averages_.empty() ? nullptr : column_averages_.data(); }

 private:
  void start_row() { row_averages_.fill(recipe_.missing << 8); }

  const RansRecipe& recipe_;
  uint64_t columns_, group_ = 0;
  int64_t left_ = 0, right_ = 0;
  std::vector<int32_t> current_, above_;  // [left + columns + right][lanes]; what is not in the matrix stays `missing`
  std::vector<int32_t> column_averages_;  // magnitudes as in packed symbols, in 1/256
  std::array<int32_t, kRansMostLanes> row_averages_{};
  std::vector<int64_t> offsets_;  // from the start of a buffer to the tap's neighbour of column 0
  std::vector<int32_t> thresholds_;
};

}  // namespace pare
