#include "format/codec/rans_prediction_encode.h"

#include <cmath>
#include <limits>

namespace pare {

namespace {

constexpr size_t kMostFeatures = kRansMostTaps + 3;  // taps, row, column, constant

// How an element's value or magnitude goes with that of the element some columns before it, in a sample.
class Correlations {
 public:
  explicit Correlations(const RansView& view) : view_(view), magnitudes_(view.values.size()) {
    int64_t sum = 0;
    for (size_t i = 0; i < magnitudes_.size(); ++i) {
      magnitudes_[i] = static_cast<int16_t>(std::abs(view.values[i]));
      sum += magnitudes_[i];
    }
    mean_ = static_cast<double>(sum) / static_cast<double>(magnitudes_.size());
  }
  // The stronger of the two, 0 to 1; 0 if it may be chance.
  double at(uint64_t distance) const {
    const uint64_t width = view_.columns - distance, runs = (width + kRun - 1) / kRun;
    const uint64_t stride = runs * view_.rows / (kSamples / std::min(width, kRun)) | 1;  // odd, to visit all columns
    double count = 0, values = 0, magnitudes = 0, sum = 0, squares = 0;
    for (uint64_t i = 0; i < runs * view_.rows; i += stride) {
      const uint64_t first = i % runs * kRun, length = std::min(kRun, width - first);
      const uint64_t at = i / runs * view_.columns + first;
      const int16_t* const value = view_.values.data() + at;
      const int16_t* const magnitude = magnitudes_.data() + at;
      int32_t run_values = 0, run_magnitudes = 0, run_sum = 0, run_squares = 0;
      for (uint64_t k = 0; k < length; ++k) {
        run_values += value[k] * value[k + distance];
        run_magnitudes += magnitude[k] * magnitude[k + distance];
        run_sum += magnitude[k] + magnitude[k + distance];
        run_squares += value[k] * value[k] + value[k + distance] * value[k + distance];
      }
      count += static_cast<double>(length);
      values += run_values;
      magnitudes += run_magnitudes;
      sum += run_sum;
      squares += run_squares;
    }
    // Of magnitudes less their mean.
    const double centred = magnitudes - mean_ * sum + count * mean_ * mean_;
    const double centred_squares = squares / 2 - mean_ * sum + count * mean_ * mean_;
    const double strength =
        std::max(std::abs(values) / (squares / 2 + 1e-9), std::abs(centred) / (centred_squares + 1e-9));
    return strength > 3.5 / std::sqrt(count) ? strength : 0;
  }

 private:
  static constexpr uint64_t kRun = 256;  // elements side by side: their sums fit 32 bits
  static constexpr uint64_t kSamples = 16384;

  const RansView& view_;
  std::vector<int16_t> magnitudes_;
  double mean_ = 0;
};

// Neighbours that may say something: the next ones, those of a filter's geometry, and others that correlate.
std::vector<RansTap> candidate_taps(const RansView& view, const Shape& shape, bool transposed) {
  std::vector<int32_t> fixed = {1, 2};
  int64_t filter = 1;
  for (size_t i = 2; i < shape.size(); ++i) filter *= shape[i];
  if (filter > 1 && filter < INT32_MAX && !transposed) {
    fixed.push_back(static_cast<int32_t>(shape.back()));
    fixed.push_back(static_cast<int32_t>(filter));
  }
  std::vector<RansTap> taps;
  const auto add = [&](bool above, int32_t columns) {
    if (taps.size() >= kRansMostTaps || (columns < 0 ? -columns : columns) >= static_cast<int64_t>(view.columns))
      return;
    for (const RansTap& t : taps)
      if (t.above == above && t.columns == columns) return;
    taps.push_back({.above = above, .columns = columns});
  };
  add(true, 0);
  for (const int32_t d : fixed) add(false, d);
  if (view.values.size() < 1024) return taps;

  const Correlations correlations(view);
  std::vector<std::pair<double, int32_t>> ranked;
  std::vector<int32_t> offsets;
  for (int32_t d = 1; d <= 64; ++d) offsets.push_back(d);
  for (int64_t d : {filter - 1, filter, filter + 1, 2 * filter, 3 * filter})
    if (d > 64 && d < INT32_MAX) offsets.push_back(static_cast<int32_t>(d));
  for (const int32_t d : offsets) {
    if (static_cast<uint64_t>(d) >= view.columns) continue;
    const double strength = correlations.at(static_cast<uint64_t>(d));
    if (strength > 0) ranked.emplace_back(-strength, d);
  }
  std::sort(ranked.begin(), ranked.end());
  for (const auto& [rank, d] : ranked) add(false, d);
  return taps;
}

// Samples of features, feature by feature, for sums of weighted products of every two of them.
class Samples {
 public:
  Samples(size_t features, size_t most) : features_(features), most_((most + kBlock - 1) / kBlock * kBlock) {
    values_.resize(features_ * most_);
  }
  float* feature(size_t i) { return values_.data() + i * most_; }
  const float* feature(size_t i) const { return values_.data() + i * most_; }
  size_t features() const { return features_; }

  // sums[i][j], j <= i, of the first `count` samples. `weights` has room for whole blocks.
  template <size_t kSize>
  void sum_products(std::vector<float>& weights, size_t count,
                    std::array<std::array<double, kSize>, kSize>& sums) const {
    std::fill(weights.begin() + static_cast<std::ptrdiff_t>(count), weights.end(), 0.0F);
    for (auto& row : sums) row.fill(0);
    std::array<Four, kBlock / 4> weighted;
    for (size_t first = 0; first < count; first += kBlock)
      for (size_t i = 0; i < features_; ++i) {
        const float* const f = feature(i) + first;
        for (size_t k = 0; k < weighted.size(); ++k) weighted[k] = four(&weights[first + 4 * k]) * four(f + 4 * k);
        size_t j = 0;
        for (; j + 4 <= i + 1; j += 4) add_products<4>(weighted, first, j, sums[i].data());
        for (; j <= i; ++j) add_products<1>(weighted, first, j, sums[i].data());
      }
  }
  static constexpr size_t kBlock = 256;

 private:
  using Four [[gnu::vector_size(16)]] = float;
  static Four four(const float* at) {
    Four v;
    std::memcpy(&v, at, sizeof v);
    return v;
  }
  // With kCount features from `j` on, side by side, so that their sums stay in registers.
  template <size_t kCount>
  void add_products(const std::array<Four, kBlock / 4>& weighted, size_t first, size_t j, double* sums) const {
    std::array<Four, kCount> part{};
    const float* const f = feature(j) + first;
    for (size_t k = 0; k < weighted.size(); ++k)
      for (size_t q = 0; q < kCount; ++q) part[q] += weighted[k] * four(f + q * most_ + 4 * k);
    for (size_t q = 0; q < kCount; ++q)
      sums[j + q] += static_cast<double>((part[q][0] + part[q][1]) + (part[q][2] + part[q][3]));
  }

  size_t features_, most_;
  std::vector<float> values_;
};

// Least squares of a target, the last feature, upon those of the others that are used, by the sweep operator
// (Beaton, 1964), which takes a feature in or out: of the used features the table then holds the inverse of their
// products, their weights in the last column, and in the last corner the squared error that is left.
class LeastSquares {
 public:
  LeastSquares(const Samples& samples, std::vector<float>& weights, size_t count) : last_(samples.features() - 1) {
    samples.sum_products(weights, count, table_);
    for (size_t i = 0; i < last_; ++i) table_[i][i] += 1e-6 * table_[i][i] + 1e-9;
    for (size_t i = 0; i <= last_; ++i)
      for (size_t j = 0; j < i; ++j) table_[j][i] = table_[i][j];
    for (size_t i = 0; i < last_; ++i) least_pivot_[i] = 1e-7 * table_[i][i];
  }
  // With all features that were not removed, and weights of at least 0 if told so (then a feature may stay unused): one
  // after the other goes in or out, first the one that matters most.
  void fit(bool positive) {
    for (size_t step = 0; step < 4 * last_; ++step) {
      size_t next = last_;
      double most = 0;
      for (size_t i = 0; i < last_; ++i) {
        if ((removed_ >> i & 1) != 0) continue;
        const double weight =
            table_[i][last_];  // of an unused one: the weight it would have, but for a positive factor
        const bool wrong =
            used(i) ? positive && weight < 0 : table_[i][i] >= least_pivot_[i] && (positive ? weight > 0 : weight != 0);
        const double matters = weight * weight / table_[i][i];
        if (!wrong || !(matters > most)) continue;
        most = matters;
        next = i;
      }
      if (next == last_) return;
      sweep(next);
    }
  }
  void remove(size_t i) {
    if (used(i)) sweep(i);
    removed_ |= 1U << i;
  }
  double weight(size_t i) const { return used(i) ? table_[i][last_] : 0; }
  // By how much the error rises without the feature.
  double worth(size_t i) const { return used(i) ? table_[i][last_] * table_[i][last_] / table_[i][i] : 0; }

 private:
  bool used(size_t i) const { return (used_ >> i & 1) != 0; }
  void sweep(size_t k) {
    const double pivot = table_[k][k];
    for (size_t j = 0; j <= last_; ++j) table_[k][j] /= pivot;
    for (size_t i = 0; i <= last_; ++i) {
      if (i == k) continue;
      const double q = table_[i][k];
      for (size_t j = 0; j <= last_; ++j) table_[i][j] -= q * table_[k][j];
      table_[i][k] = -q / pivot;
    }
    table_[k][k] = 1 / pivot;
    used_ ^= 1U << k;
  }

  size_t last_;
  std::array<std::array<double, kMostFeatures + 1>, kMostFeatures + 1> table_{};
  std::array<double, kMostFeatures> least_pivot_{};
  uint32_t used_ = 0, removed_ = 0;
};

// Least squares of magnitudes (weights of at least 0) and of values upon the neighbours; sets the weights and drops
// neighbours that get none.
void fit_weights(RansRecipe& r, const RansView& view) {
  const size_t taps = r.taps.size(), features = taps + 3;  // the target follows
  constexpr size_t kSamples = 32768;
  const uint64_t stride = view.values.size() / kSamples + 1;
  const size_t room = std::min(view.values.size(), 2 * kSamples) + kRansMostLanes;
  Samples magnitudes(features + 1, room), values(taps + 1, room);
  r.column_weight = 1;  // keeps the averages
  uint64_t seen = 0;
  size_t count = 0;
  rans_walk(r, view, [&](const RansNeighbours& n, uint64_t column, uint32_t active, const auto& lane_values) {
    const uint64_t before = seen;
    seen += active;
    if ((before / (stride * r.lanes) == seen / (stride * r.lanes) && stride > 1) || count + active > room) return;
    for (size_t t = 0; t < taps; ++t) {
      const int32_t* const packed = n.neighbour(t) + column * r.lanes;
      float *const magnitude = magnitudes.feature(t) + count, *const value = values.feature(t) + count;
      for (uint32_t l = 0; l < active; ++l) {
        magnitude[l] = static_cast<float>(rans_packed_magnitude(packed[l]));
        value[l] = static_cast<float>(rans_packed_value(packed[l]));
      }
    }
    for (uint32_t l = 0; l < active; ++l) {
      const size_t e = count + l;
      magnitudes.feature(taps)[e] = static_cast<float>(n.row_averages()[l] >> 8);
      magnitudes.feature(taps + 1)[e] = static_cast<float>(n.column_averages()[column] >> 8);
      magnitudes.feature(taps + 2)[e] = 1;
      magnitudes.feature(features)[e] = static_cast<float>(16 * std::abs(lane_values[l]));
      values.feature(taps)[e] = lane_values[l];
    }
    count += active;
  });

  // The variance of a magnitude of mean m is taken to be m^2, as that of a Laplacian, and what sparsity adds.
  double sum = 0, squares = 0;
  for (size_t e = 0; e < count; ++e) {
    const auto m = static_cast<double>(magnitudes.feature(features)[e]);
    sum += m;
    squares += m * m;
  }
  const auto spread =
      static_cast<float>(sum > 0 ? std::max(0.0, squares / sum - 2 * sum / static_cast<double>(count)) : 0.0);
  const auto weight = [&](float m) { return 1.0F / (m * m + m * spread + 2.56F); };

  // The error of a magnitude grows with its expectation, which a first fit gives.
  const size_t blocks = (count + Samples::kBlock - 1) / Samples::kBlock * Samples::kBlock;
  std::vector<float> weights(blocks, weight(static_cast<float>(std::max(r.missing, 1)))), scale(blocks);
  const auto expect = [&](const LeastSquares& fit) {
    std::fill(scale.begin(), scale.end(), 0.0F);
    for (size_t i = 0; i < features; ++i) {
      const auto w = static_cast<float>(fit.weight(i));
      const float* const f = magnitudes.feature(i);
      for (size_t e = 0; e < blocks; ++e) scale[e] += w * f[e];
    }
    for (size_t e = 0; e < blocks; ++e) weights[e] = weight(scale[e]);
  };
  LeastSquares first(magnitudes, weights, count);
  first.fit(true);
  expect(first);
  LeastSquares of_magnitudes(magnitudes, weights, count);
  of_magnitudes.fit(true);
  expect(of_magnitudes);
  for (float& w : weights) w *= 256;
  LeastSquares of_values(values, weights, count);
  of_values.fit(false);

  // A neighbour must save more bits than its description takes, and enough to be worth the time. Half of the error that
  // is left, in natural units, is what a prediction of scale or mean costs.
  const double elements = static_cast<double>(view.values.size());
  const double bits_per_error = elements / static_cast<double>(count) / (2 * M_LN2);
  const double price = std::max(16.0, 3e-5 * elements);
  for (uint32_t left = (1U << taps) - 1; left != 0;) {
    size_t worst = 0;
    double least = std::numeric_limits<double>::infinity();
    for (size_t t = 0; t < taps; ++t) {
      if ((left >> t & 1) == 0) continue;
      const double worth = of_magnitudes.worth(t) + 0.7 * of_values.worth(t);
      if (worth < least) {
        least = worth;
        worst = t;
      }
    }
    if (least * bits_per_error > price) break;
    left &= ~(1U << worst);
    of_magnitudes.remove(worst);
    of_magnitudes.fit(true);
    of_values.remove(worst);
  }

  const auto quantized = [](double w, int32_t least, int32_t most) {
    return std::clamp(static_cast<int32_t>(std::lround(std::clamp(w * 64, -2e6, 2e6))), least, most);
  };
  for (size_t t = 0; t < taps; ++t) {
    r.taps[t].magnitude_weight = quantized(of_magnitudes.weight(t), 0, 63);
    r.taps[t].value_weight = quantized(of_values.weight(t), -63, 63);
  }
  r.row_weight = quantized(of_magnitudes.weight(taps), 0, 127);
  r.column_weight = quantized(of_magnitudes.weight(taps + 1), 0, 127);
  r.constant = quantized(of_magnitudes.weight(taps + 2), 0, kRansMostConstant);
  std::erase_if(r.taps, [](const RansTap& t) { return t.magnitude_weight == 0 && t.value_weight == 0; });
}

}  // namespace

void rans_fit_prediction(RansRecipe& r, const RansView& view, const Shape& dimensions) {
  double magnitude = 0;
  for (const int16_t v : view.values) magnitude += std::abs(v);
  r.missing = static_cast<int32_t>(16 * magnitude / static_cast<double>(view.values.size()));
  r.taps = candidate_taps(view, dimensions, r.transposed);
  fit_weights(r, view);
}

}  // namespace pare
