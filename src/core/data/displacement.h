// A smooth random field of displacements: elastic distortion in the manner of Simard, Steinkraus and Platt 2003.
// Instead of blurring noise at every pixel, a coarse grid of noise is interpolated with cubic B-splines, which are as
// smooth and hundreds of times cheaper.
#pragma once

#include <array>
#include <utility>

#include "core/random.h"

namespace pare {

class Displacement {
  static constexpr size_t kCells = 3, kKnots = kCells + 3;

 public:
  // Displacements of about `strength` at most, in the caller's unit.
  Displacement(float strength, Random& random) {
    for (auto& knot : knots_)
      for (float& d : knot)
        d = static_cast<float>(random.uniform(-1.5, 1.5)) * strength;  // splines average: 1.5 gives 1
  }
  // The field along one row, at height y in 0..1: what is common to all of the row's pixels is done once.
  class Row {
   public:
    // x in 0..1: the displacement along x and y.
    std::pair<float, float> at(float x) const {
      const auto [column, w] = weights(x);
      float dx = 0, dy = 0;
      for (size_t j = 0; j < 4; ++j) {
        dx += w[j] * knots_[column + j][0];
        dy += w[j] * knots_[column + j][1];
      }
      return {dx, dy};
    }

   private:
    friend class Displacement;
    std::array<std::array<float, 2>, kKnots> knots_{};
  };
  Row row(float y) const {
    const auto [first, w] = weights(y);
    Row row;
    for (size_t i = 0; i < 4; ++i) {
      for (size_t k = 0; k < kKnots; ++k) {
        row.knots_[k][0] += w[i] * knots_[(first + i) * kKnots + k][0];
        row.knots_[k][1] += w[i] * knots_[(first + i) * kKnots + k][1];
      }
    }
    return row;
  }

 private:
  static std::pair<size_t, std::array<float, 4>> weights(float t) {
    const float scaled = (t < 0 ? 0 : t > 0.9999F ? 0.9999F : t) * kCells;
    const auto cell = static_cast<size_t>(scaled);
    const float f = scaled - static_cast<float>(cell), g = 1 - f;
    return {cell,
            {g * g * g / 6, (3 * f * f * f - 6 * f * f + 4) / 6, (3 * g * g * g - 6 * g * g + 4) / 6, f * f * f / 6}};
  }
  std::array<std::array<float, 2>, kKnots * kKnots> knots_;
};

}  // namespace pare
