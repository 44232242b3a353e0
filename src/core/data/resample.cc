#include "core/data/resample.h"

#include <algorithm>
#include <cmath>
#include <type_traits>

namespace pare {
namespace {

template <class T>
T rounded(float value) {
  if constexpr (std::is_same_v<T, uint8_t>)
    return static_cast<uint8_t>(std::clamp(value + 0.5F, 0.0F, 255.0F));
  else
    return value;
}

// One output row of all planes from one row of weighted sums.
template <size_t kChannels, class T>
void across(const float* sums, const Taps& columns, T* y, size_t plane) {
  const float* weight = columns.weights.data();
  for (size_t i = 0; i < columns.first.size(); ++i, weight += columns.count) {
    const float* at = sums + columns.first[i] * kChannels;
    float sum[kChannels] = {};
    for (size_t k = 0; k < columns.count; ++k)
      for (size_t c = 0; c < kChannels; ++c) sum[c] += weight[k] * *at++;
    for (size_t c = 0; c < kChannels; ++c) y[c * plane + i] = rounded<T>(sum[c]);
  }
}

}  // namespace

Taps make_taps(int64_t from, double start, double extent, int64_t to) {
  const double ratio = extent / static_cast<double>(to);
  const double reach = std::max(1.0, ratio);  // half the base of the triangle, in source pixels
  const auto lowest = std::clamp<int64_t>(static_cast<int64_t>(std::floor(start)), 0, from - 1);
  const auto highest = std::clamp<int64_t>(static_cast<int64_t>(std::ceil(start + extent)) - 1, lowest, from - 1);
  Taps taps;
  taps.count = static_cast<size_t>(
      std::min(static_cast<int64_t>(std::floor(2 * reach)) + 1, highest - lowest + 1));  // of the widest
  taps.weights.resize(static_cast<size_t>(to) * taps.count);
  float* weight = taps.weights.data();
  for (int64_t i = 0; i < to; ++i, weight += taps.count) {
    const double centre = start + (static_cast<double>(i) + 0.5) * ratio - 0.5;
    auto share = [&](int64_t j) { return std::max(0.0, 1 - std::abs(static_cast<double>(j) - centre) / reach); };
    int64_t low = std::clamp(static_cast<int64_t>(std::ceil(centre - reach)), lowest, highest);
    const int64_t high = std::clamp(static_cast<int64_t>(std::floor(centre + reach)), lowest, highest);
    low = std::min(low, highest + 1 - static_cast<int64_t>(taps.count));  // all `count` pixels exist
    double sum = 0;
    for (int64_t j = low; j <= high; ++j) sum += share(j);
    for (int64_t j = low; j <= high; ++j) weight[j - low] = static_cast<float>(share(j) / sum);
    taps.first.push_back(static_cast<size_t>(low));
  }
  return taps;
}

template <class T>
void resample(const T* x, size_t width, size_t channels, const Taps& rows, const Taps& columns, T* y) {
  // Rows first: sums over rows run along memory. Only the columns that are asked for are summed.
  const size_t begin = columns.first.front() * channels, end = (columns.first.back() + columns.count) * channels;
  const size_t plane = rows.first.size() * columns.first.size();
  std::vector<float> sums(width * channels);
  for (size_t row = 0; row < rows.first.size(); ++row, y += columns.first.size()) {
    std::fill(sums.begin() + static_cast<std::ptrdiff_t>(begin), sums.begin() + static_cast<std::ptrdiff_t>(end), 0.0F);
    for (size_t k = 0; k < rows.count; ++k) {
      const float weight = rows.weights[row * rows.count + k];
      const T* line = x + (rows.first[row] + k) * width * channels;
      if (weight != 0)
        for (size_t i = begin; i < end; ++i) sums[i] += weight * static_cast<float>(line[i]);
    }
    if (channels == 3)
      across<3>(sums.data(), columns, y, plane);
    else
      across<1>(sums.data(), columns, y, plane);
  }
}

template void resample(const uint8_t*, size_t, size_t, const Taps&, const Taps&, uint8_t*);
template void resample(const float*, size_t, size_t, const Taps&, const Taps&, float*);

}  // namespace pare
