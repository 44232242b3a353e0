#include "format/codec/rans_fit_encode.h"

#include <cmath>
#include <limits>

#include "format/codec/value_code_encode.h"

namespace pare {

namespace {

constexpr uint32_t kOutside = kRansEscape;  // index of a histogram for symbols outside of the window
using Counts = std::array<double, kRansMostSymbols + 1>;

// ---- Slopes of one class -------------------------------------------------------------------------------------------

// Gaussian elimination of the first n rows.
template <class Matrix, class Vector>
bool solve(Matrix a, Vector b, size_t n, Vector& x) {
  for (size_t k = 0; k < n; ++k) {
    size_t pivot = k;
    for (size_t r = k + 1; r < n; ++r)
      if (std::abs(a[r][k]) > std::abs(a[pivot][k])) pivot = r;
    std::swap(a[k], a[pivot]);
    std::swap(b[k], b[pivot]);
    if (!(std::abs(a[k][k]) > 1e-12)) return false;
    for (size_t r = k + 1; r < n; ++r) {
      const double q = a[r][k] / a[k][k];
      for (size_t c = k; c < n; ++c) a[r][c] -= q * a[k][c];
      b[r] -= q * b[k];
    }
  }
  for (size_t k = n; k-- > 0;) {
    x[k] = b[k];
    for (size_t c = k + 1; c < n; ++c) x[k] -= a[k][c] * x[c];
    x[k] /= a[k][k];
  }
  return true;
}

// 2^x for x <= 0, to about 1e-7; a loop over it becomes vector code, and it is the same everywhere.
inline float power_of_two(float x) {
  x = std::max(x, -120.0F);
  const auto whole = static_cast<int32_t>(x) - 1;
  const float f = x - static_cast<float>(whole);  // 0 to 2
  const float g = f * 0.5F * 0.69314718F;         // 2^f = (e^g)^2
  const float e =
      1 + g * (1 + g * (0.5F + g * (0.16666667F + g * (0.041666667F + g * (0.0083333333F + g * 0.0013888889F)))));
  return std::bit_cast<float>((whole + 127) << 23) * e * e;
}

// The exponential family: p(s) proportional to 2^(-base(s) - sum of slope * feature(s)).
class Family {
 public:
  using Slopes = std::array<double, kRansSlopes>;

  Family(int32_t lowest, int32_t highest, unsigned unit)
      : lowest_(lowest),
        unit_(std::ldexp(1.0, static_cast<int>(unit))),
        symbols_(static_cast<size_t>(highest - lowest + 1)),
        base_(symbols_, 0.0F) {
    const auto u = static_cast<float>(unit_);
    for (auto& f : features_) f.resize(symbols_);
    for (size_t i = 0; i < symbols_; ++i) {
      const auto s = static_cast<float>(lowest_ + static_cast<int32_t>(i));
      features_[0][i] = s == 0 ? 1 : 0;
      features_[1][i] = std::abs(s) / u;
      features_[2][i] = s * s / (u * u);
      features_[3][i] = s / u;
      features_[4][i] = s < 0 ? -1.0F : s > 0 ? 1.0F : 0.0F;
    }
  }
  // In bits; what must not occur gets kNever.
  static constexpr float kNever = 1000;
  std::vector<float>& base() { return base_; }

  // Weights of all symbols, least first set to 1; returns log2 of the sum of 2^-energy.
  double weights(const Slopes& slopes, size_t count, std::vector<float>& w) const {
    w = base_;
    for (size_t k = 0; k < count; ++k) {
      const auto slope = static_cast<float>(slopes[k]);
      const float* feature = features_[k].data();
      for (size_t i = 0; i < symbols_; ++i) w[i] += slope * feature[i];
    }
    const float least = *std::min_element(w.begin(), w.end());
    for (float& v : w) v = power_of_two(least - v);
    float total = 0;
    for (const float v : w) total += v;
    return std::log2(static_cast<double>(total)) - static_cast<double>(least);
  }

  // Zeros and geometric magnitudes: where a search without a histogram begins.
  Slopes first_guess(const Counts& counts) const {
    double zeros = 0.5, others = 0.5, sum = 0.75;
    for (size_t i = 0; i < symbols_; ++i) {
      const double s = std::abs(lowest_ + static_cast<double>(i));
      (s == 0 ? zeros : others) += counts[i];
      sum += s * counts[i];
    }
    const double ratio = std::max(1 - others / sum, 0.02);
    return {-std::log2(zeros * 2 * ratio / ((1 - ratio) * others)), -std::log2(ratio) * unit_, 0, 0, 0};
  }

  // The slopes of most likelihood, drawn a little to `usual`: Newton's method; the problem is convex.
  Slopes fit(const Counts& counts, size_t count, const Slopes& start, const Slopes& usual) const {
    double total = 0;
    Slopes observed{};
    for (size_t i = 0; i < symbols_; ++i) {
      if (counts[i] == 0) continue;
      total += counts[i];
      for (size_t k = 0; k < count; ++k) observed[k] += counts[i] * static_cast<double>(features_[k][i]);
    }
    if (total == 0) return usual;
    // Bits but for those of the base, which do not change.
    const auto cost_of = [&](const Slopes& slopes, double log_sum) {
      double bits = total * log_sum;
      for (size_t k = 0; k < count; ++k)
        bits += slopes[k] * observed[k] + kPull * (slopes[k] - usual[k]) * (slopes[k] - usual[k]);
      return bits;
    };
    Slopes slopes = start;
    std::vector<float> w, next_w;
    double cost = cost_of(slopes, weights(slopes, count, w));
    for (int round = 0; round < 12; ++round) {
      std::array<float, kRansSlopes> sums{};
      std::array<std::array<float, kRansSlopes>, kRansSlopes> products{};
      float sum = 0;
      for (const float v : w) sum += v;
      for (size_t k = 0; k < count; ++k) {
        const float* f = features_[k].data();
        for (size_t i = 0; i < symbols_; ++i) sums[k] += w[i] * f[i];
        for (size_t l = 0; l <= k; ++l) {
          const float* g = features_[l].data();
          float p = 0;
          for (size_t i = 0; i < symbols_; ++i) p += w[i] * f[i] * g[i];
          products[k][l] = p;
        }
      }
      Slopes gradient{}, way{};
      std::array<Slopes, kRansSlopes> curvature{};
      for (size_t k = 0; k < count; ++k) {
        const double expected = static_cast<double>(sums[k]) / static_cast<double>(sum);
        gradient[k] = observed[k] - total * expected + 2 * kPull * (slopes[k] - usual[k]);
        for (size_t l = 0; l <= k; ++l) {
          const double covariance = static_cast<double>(products[k][l]) / static_cast<double>(sum) -
                                    expected * static_cast<double>(sums[l]) / static_cast<double>(sum);
          curvature[k][l] = curvature[l][k] = covariance * total * M_LN2;
        }
        curvature[k][k] += 2 * kPull + 1e-6 * total;
      }
      if (!solve(curvature, gradient, count, way)) break;
      bool better = false;
      for (double length = 1; length > 0.05; length /= 2) {
        Slopes next = slopes;
        for (size_t k = 0; k < count; ++k) next[k] = std::clamp(next[k] - length * way[k], -kMost, kMost);
        const double next_cost = cost_of(next, weights(next, count, next_w));
        if (!(next_cost < cost)) continue;
        better = cost - next_cost > 0.5;
        cost = next_cost;
        slopes = next;
        w.swap(next_w);
        break;
      }
      if (!better) break;
    }
    return slopes;
  }

 private:
  static constexpr double kPull = 0.04, kMost = 200;  // bits per squared bit of a slope; bits

  int32_t lowest_;
  double unit_;
  size_t symbols_;
  std::array<std::vector<float>, kRansSlopes> features_;
  std::vector<float> base_;
};

// ---- Tables of all classes -----------------------------------------------------------------------------------------

// What the counts cost with the recipe's tables; infinite if they cannot code them.
double coded_bits(const RansRecipe& r, const std::vector<Counts>& classes, const std::vector<int64_t>& outside) {
  double bits = 0;
  Histogram escaped;
  for (unsigned c = 0; c < classes.size(); ++c) {
    const RansFrequencies frequencies = rans_frequencies(r, c);
    const auto cost = [&](uint32_t i) { return kRansSlotBits - std::log2(static_cast<double>(frequencies[i])); };
    for (uint32_t i = 0; i <= kOutside; ++i) {
      if (classes[c][i] == 0) continue;
      if (i < kOutside && frequencies[i] != 0) {
        bits += classes[c][i] * cost(i);
        continue;
      }
      if (!r.escapes) return std::numeric_limits<double>::infinity();
      bits += classes[c][i] * cost(kRansEscape);
      // The sign of a mirrored symbol is not known here; it does not change the length much.
      if (i < kOutside)
        escaped.add(static_cast<uint32_t>(zigzag(r.lowest + static_cast<int32_t>(i))),
                    static_cast<uint64_t>(classes[c][i]));
    }
  }
  if (!r.escapes) return bits;
  for (const int64_t s : outside) escaped.add(static_cast<uint32_t>(zigzag(s)));
  return bits + static_cast<double>(ValueEncoder(escaped).bits()) + 4;  // and half of the last byte
}

// Bits of the tables' description.
double described_bits(const RansRecipe& r) {
  std::vector<std::byte> bytes;
  BitWriter out(bytes);
  rans_write_recipe(out, r);
  out.put(0, 7);
  return static_cast<double>(8 * bytes.size());
}

void set_slopes(RansRecipe& r, unsigned c, const Family::Slopes& slopes) {
  for (size_t k = 0; k < kRansSlopes; ++k)
    r.slopes[c][k] = std::clamp(static_cast<int32_t>(std::lround(16 * slopes[k])), -kRansMostSlope, kRansMostSlope);
}

// Slopes of every class on the family's base.
void fit_slopes(RansRecipe& r, const Family& family, const std::vector<Counts>& classes,
                std::vector<Family::Slopes>& slopes) {
  r.slopes.assign(classes.size(), {});
  slopes.assign(classes.size(), {});
  for (unsigned c = 0; c < classes.size(); ++c) {
    const bool first = c < r.means;
    const Family::Slopes start =
        r.histogram ? (first ? Family::Slopes{} : slopes[c - r.means]) : family.first_guess(classes[c]);
    slopes[c] = family.fit(classes[c], c % r.means == 0 ? 3 : kRansSlopes, start, first ? start : slopes[c - r.means]);
    set_slopes(r, c, slopes[c]);
  }
}

struct Fitted {
  RansRecipe recipe;
  double bits = std::numeric_limits<double>::infinity();
};

void keep_better(const RansRecipe& r, const std::vector<Counts>& classes, const std::vector<int64_t>& outside,
                 Fitted& best) {
  constexpr uint32_t kFew = 24;  // symbols that all have their slots: nothing to gain from an escape
  for (const bool escapes : {false, true}) {
    if (escapes ? outside.empty() && r.symbols() <= kFew : !outside.empty()) continue;
    RansRecipe candidate = r;
    candidate.escapes = escapes;
    const double bits = coded_bits(candidate, classes, outside) + described_bits(candidate);
    if (bits < best.bits) best = {std::move(candidate), bits};
  }
}

// A histogram as the base, such that the classes together have the symbols' frequencies: iterative scaling.
void fit_histogram(RansRecipe& r, const std::vector<Counts>& classes, const Counts& all, double total) {
  r.histogram = true;
  r.energy_precision = total < 4096 ? 1 : total < 65536 ? 2 : 3;
  Family family(r.lowest, r.highest, r.unit);
  std::vector<double> energies(r.symbols());
  for (uint32_t i = 0; i < r.symbols(); ++i)
    if (all[i] > 0) energies[i] = -std::log2(all[i] / total);
  const double step = std::ldexp(1.0, -static_cast<int>(r.energy_precision));
  std::vector<Family::Slopes> slopes;
  for (int round = 0; round < (classes.size() > 1 ? 2 : 1); ++round) {
    if (round > 0) {
      std::vector<double> expected(r.symbols(), 0.0);
      std::vector<float> w;
      for (unsigned c = 0; c < classes.size(); ++c) {
        (void)family.weights(slopes[c], kRansSlopes, w);
        double count = 0, sum = 0;
        for (uint32_t i = 0; i < r.symbols(); ++i) {
          count += classes[c][i];
          sum += static_cast<double>(w[i]);
        }
        for (uint32_t i = 0; i < r.symbols(); ++i) expected[i] += count / sum * static_cast<double>(w[i]);
      }
      for (uint32_t i = 0; i < r.symbols(); ++i)
        if (all[i] > 0) energies[i] += std::log2(std::max(expected[i], 1e-9) / all[i]);
    }
    double least = std::numeric_limits<double>::infinity();
    for (uint32_t i = 0; i < r.symbols(); ++i)
      if (all[i] > 0) least = std::min(least, energies[i]);
    r.energies.assign(r.symbols(), kRansAbsent);
    std::fill(family.base().begin(), family.base().end(), Family::kNever);
    for (uint32_t i = 0; i < r.symbols(); ++i) {
      if (all[i] == 0) continue;
      r.energies[i] = std::clamp(static_cast<int32_t>(std::lround((energies[i] - least) / step)), 0, kRansMostEnergy);
      energies[i] = r.energies[i] * step;
      family.base()[i] = static_cast<float>(energies[i]);
    }
    if (classes.size() > 1) {
      fit_slopes(r, family, classes, slopes);
    } else {
      r.slopes.assign(1, {});
    }
  }
}

// Whether slopes alone describe the symbols, or a histogram is needed.
enum class Form : uint8_t { smooth, either, rough };

// The cheapest tables for these classes.
Fitted fit_tables(RansRecipe r, const std::vector<Counts>& classes, const std::vector<int64_t>& outside, Form shape) {
  Counts all{};
  double total = 0, magnitude = 0, others = 0;
  for (const Counts& c : classes)
    for (uint32_t i = 0; i < r.symbols(); ++i) {
      const int32_t symbol = r.lowest + static_cast<int32_t>(i);
      all[i] += c[i];
      total += c[i];
      magnitude += c[i] * std::abs(symbol);
      if (symbol != 0) others += c[i];
    }
  r.unit = static_cast<unsigned>(
      std::clamp(std::lround(std::log2(std::max(magnitude / std::max(others, 1.0), 1.0))), 0L, 8L));
  r.histogram = false;
  r.energies.clear();
  Fitted best;
  if (shape != Form::rough) {
    std::vector<Family::Slopes> slopes;
    fit_slopes(r, Family(r.lowest, r.highest, r.unit), classes, slopes);
    keep_better(r, classes, outside, best);
  }
  if (shape != Form::smooth && total > 0) {
    fit_histogram(r, classes, all, total);
    keep_better(r, classes, outside, best);
  }
  return best;
}

// ---- Prediction ----------------------------------------------------------------------------------------------------

// The tensor in the order of the matrix, or some of its rows.
struct View {
  std::vector<int16_t> copy;
  std::span<const int16_t> values;  // [rows][columns]
  uint64_t rows = 0, columns = 0;
};

// Calls visit(neighbours, column, active lanes, row, values of the lanes) for every step of the coder.
template <class Visit>
void walk(const RansRecipe& r, const View& view, Visit visit) {
  RansNeighbours neighbours(r, view.columns);
  std::array<int16_t, kRansMostLanes> values{};
  for (uint64_t row = 0; row < view.rows; row += r.lanes) {
    const auto active = static_cast<uint32_t>(std::min<uint64_t>(r.lanes, view.rows - row));
    for (uint64_t column = 0; column < view.columns; ++column) {
      for (uint32_t l = 0; l < active; ++l) values[l] = view.values[(row + l) * view.columns + column];
      visit(neighbours, column, active, row, values);
      for (uint32_t l = 0; l < active; ++l) neighbours.set(column, l, values[l]);
    }
    neighbours.next_group();
  }
}

constexpr size_t kMostFeatures = kRansMostTaps + 3;  // taps, row, column, constant

// Neighbours that may say something: the next ones, those of a filter's geometry, and others that correlate.
std::vector<RansTap> candidate_taps(const View& view, const Shape& shape, bool transposed) {
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

  double mean = 0;
  for (const int16_t v : view.values) mean += std::abs(v);
  mean /= static_cast<double>(view.values.size());
  std::vector<std::pair<double, int32_t>> ranked;
  std::vector<int32_t> offsets;
  for (int32_t d = 1; d <= 64; ++d) offsets.push_back(d);
  for (int64_t d : {filter - 1, filter, filter + 1, 2 * filter, 3 * filter})
    if (d > 64 && d < INT32_MAX) offsets.push_back(static_cast<int32_t>(d));
  constexpr size_t kSamples = 16384;
  for (const int32_t d : offsets) {
    if (static_cast<uint64_t>(d) >= view.columns) continue;
    double values = 0, magnitudes = 0, square = 0, square_magnitude = 0;
    const uint64_t width = view.columns - static_cast<uint64_t>(d);
    const uint64_t possible = width * view.rows;
    // An odd step visits all columns.
    const uint64_t stride = possible / kSamples * 2 / 2 | 1;
    uint64_t count = 0;
    for (uint64_t i = 0; i < possible; i += stride, ++count) {
      const int16_t* at = view.values.data() + i / width * view.columns + i % width;
      const double a = at[0], b = at[d], x = std::abs(a) - mean, y = std::abs(b) - mean;
      values += a * b;
      square += (a * a + b * b) / 2;
      magnitudes += x * y;
      square_magnitude += (x * x + y * y) / 2;
    }
    const double noise = 3.5 / std::sqrt(static_cast<double>(count));
    const double value = std::abs(values) / (square + 1e-9),
                 magnitude = std::abs(magnitudes) / (square_magnitude + 1e-9);
    if (std::max(value, magnitude) > noise) ranked.emplace_back(-std::max(value, magnitude), d);
  }
  std::sort(ranked.begin(), ranked.end());
  for (const auto& [rank, d] : ranked) add(false, d);
  return taps;
}

using Row = std::array<double, kMostFeatures>;

// Least squares of a target upon features of which some are used.
struct NormalEquations {
  std::array<Row, kMostFeatures> products{};
  Row right{};
  double square = 0;  // of the target

  void add(const float* f, size_t count, float target, float weight) {
    for (size_t i = 0; i < count; ++i) {
      const float wf = weight * f[i];
      right[i] += wf * target;
      for (size_t j = 0; j <= i; ++j) products[i][j] += wf * f[j];
    }
    square += weight * target * target;
  }
  // The squared error that is left.
  double solve(uint32_t used, Row& weights) const {
    std::array<size_t, kMostFeatures> list{};
    size_t n = 0;
    for (size_t i = 0; i < kMostFeatures; ++i)
      if (used >> i & 1) list[n++] = i;
    std::array<Row, kMostFeatures> a{};
    Row b{}, found{};
    for (size_t i = 0; i < n; ++i) {
      b[i] = right[list[i]];
      for (size_t j = 0; j <= i; ++j) a[i][j] = a[j][i] = products[list[i]][list[j]];
      a[i][i] += 1e-6 * a[i][i] + 1e-9;
    }
    weights = {};
    if (!pare::solve(a, b, n, found)) return square;
    double error = square;
    for (size_t i = 0; i < n; ++i) {
      weights[list[i]] = found[i];
      error -= found[i] * b[i];
    }
    return error;
  }
  // As solve(), with weights of at least 0: those below are removed, the lowest first.
  double solve_positive(uint32_t used, Row& weights) const {
    for (;;) {
      const double error = solve(used, weights);
      const size_t lowest = static_cast<size_t>(std::min_element(weights.begin(), weights.end()) - weights.begin());
      if (weights[lowest] >= 0) return error;
      used &= ~(1U << lowest);
    }
  }
};

// Least squares of magnitudes (weights of at least 0) and of values upon the neighbours; sets the weights and drops
// neighbours that get none.
void fit_weights(RansRecipe& r, const View& view) {
  const size_t taps = r.taps.size(), features = taps + 3;
  constexpr size_t kSamples = 32768;
  const uint64_t stride = view.values.size() / kSamples + 1;
  std::vector<float> magnitudes, values, targets;
  magnitudes.reserve(features * (view.values.size() / stride + kRansMostLanes));
  r.column_weight = 1;  // keeps the averages
  uint64_t seen = 0;
  walk(r, view, [&](const RansNeighbours& n, uint64_t column, uint32_t active, uint64_t, const auto& lane_values) {
    const uint64_t before = seen;
    seen += active;
    if (before / (stride * r.lanes) == seen / (stride * r.lanes) && stride > 1) return;
    for (uint32_t l = 0; l < active; ++l) {
      for (size_t t = 0; t < taps; ++t) {
        const int32_t packed = n.neighbour(t)[column * r.lanes + l];
        magnitudes.push_back(static_cast<float>(rans_packed_magnitude(packed)));
        values.push_back(static_cast<float>(rans_packed_value(packed)));
      }
      magnitudes.push_back(static_cast<float>(n.row_averages()[l] >> 8));
      magnitudes.push_back(static_cast<float>(n.column_averages()[column] >> 8));
      magnitudes.push_back(1.0F);
      targets.push_back(static_cast<float>(std::clamp<int32_t>(lane_values[l], -255, 255)));
    }
  });

  // The variance of a magnitude of mean m is taken to be m^2, as that of a Laplacian, and what sparsity adds.
  double sum = 0, squares = 0;
  for (const float t : targets) {
    sum += 16 * std::abs(t);
    squares += 256 * t * t;
  }
  const auto spread =
      static_cast<float>(sum > 0 ? std::max(0.0, squares / sum - 2 * sum / static_cast<double>(targets.size())) : 0.0);
  const auto weight = [&](float m) { return 1.0F / (m * m + m * spread + 2.56F); };

  std::vector<float> scale(targets.size(), static_cast<float>(std::max(r.missing, 1)));
  NormalEquations of_magnitudes, of_values;
  Row weights{};
  uint32_t used = (1U << features) - 1;
  for (int round = 0; round < 2; ++round) {  // the error of a magnitude grows with its expectation
    of_magnitudes = {};
    for (size_t e = 0; e < targets.size(); ++e)
      of_magnitudes.add(magnitudes.data() + e * features, features, 16 * std::abs(targets[e]), weight(scale[e]));
    (void)of_magnitudes.solve_positive(used, weights);
    for (size_t e = 0; e < targets.size(); ++e) {
      float s = 0;
      for (size_t i = 0; i < features; ++i) s += static_cast<float>(weights[i]) * magnitudes[e * features + i];
      scale[e] = s;
    }
  }
  for (size_t e = 0; e < targets.size(); ++e)
    of_values.add(values.data() + e * taps, taps, targets[e], 256 * weight(scale[e]));

  // A neighbour must save more bits than its description takes, and enough to be worth the time. Half of the error that
  // is left, in natural units, is what a prediction of scale or mean costs.
  const double samples = static_cast<double>(targets.size());
  const double bits_per_error = static_cast<double>(view.values.size()) / samples / (2 * M_LN2);
  const double price = std::max(16.0, 3e-5 * static_cast<double>(view.values.size()));
  Row value_weights{};
  const auto error = [&](uint32_t set, Row& m, Row& v) {
    return of_magnitudes.solve_positive(set, m) + 0.7 * of_values.solve(set & ((1U << taps) - 1), v);
  };
  double now = error(used, weights, value_weights);
  while ((used & ((1U << taps) - 1)) != 0) {
    size_t worst = 0;
    double least = std::numeric_limits<double>::infinity();
    Row m{}, v{};
    for (size_t t = 0; t < taps; ++t) {
      if ((used >> t & 1) == 0) continue;
      const double without = error(used & ~(1U << t), m, v);
      if (without < least) {
        least = without;
        worst = t;
      }
    }
    if ((least - now) * bits_per_error > price) break;
    used &= ~(1U << worst);
    now = error(used, weights, value_weights);
  }

  const auto quantized = [](double w, int32_t most) {
    return std::clamp(static_cast<int32_t>(std::lround(std::clamp(w * 64, -2e6, 2e6))), -most, most);
  };
  for (size_t t = 0; t < taps; ++t) {
    r.taps[t].magnitude_weight = quantized(weights[t], 63);
    r.taps[t].value_weight = quantized(value_weights[t], 63);
  }
  r.row_weight = quantized(weights[taps], 127);
  r.column_weight = quantized(weights[taps + 1], 127);
  r.constant = quantized(weights[taps + 2], kRansMostConstant);
  std::erase_if(r.taps, [](const RansTap& t) { return t.magnitude_weight == 0 && t.value_weight == 0; });
}

// ---- Classes -------------------------------------------------------------------------------------------------------

constexpr unsigned kMeanStates = 4;  // how many of the thresholds 3, 10, 19 (sixteenths) the mean exceeds
// The first state of the classes 1, 2, ... of means, by their number.
constexpr std::array<std::array<unsigned, kRansMostMeans>, kRansMostMeans> kStateClass = {
    {{0, 0, 0, 0}, {0, 0, 1, 1}, {0, 1, 2, 2}, {0, 1, 2, 3}}};

// Counts by scale (thresholds that are passed), state and sign of the mean, and symbol.
struct Survey {
  std::vector<uint32_t> counts = std::vector<uint32_t>(size_t{kRansLevelThresholds} * kMeanStates * 2 * 256);
  uint32_t* at(size_t level, size_t state, size_t negative) {
    return counts.data() + ((level * kMeanStates + state) * 2 + negative) * 256;
  }
};

unsigned scale_level(int32_t scale) {  // the highest threshold that is not above
  if (scale < 4) return 0;
  const auto width = static_cast<unsigned>(std::bit_width(static_cast<uint32_t>(scale)));
  const unsigned octave = width - 3;
  return std::min(kRansLevelThresholds - 1, 4 * octave + ((static_cast<uint32_t>(scale) >> octave) & 3));
}

void survey(const RansRecipe& r, const View& view, Survey& s) {
  std::array<int32_t, kRansMostLanes> scale{}, mean{};
  walk(r, view, [&](const RansNeighbours& n, uint64_t column, uint32_t active, uint64_t, const auto& values) {
    n.predict(column, scale.data(), mean.data());
    for (uint32_t l = 0; l < active; ++l) {
      const int32_t v = values[l];
      const uint32_t i = v < r.lowest || v > r.highest ? kOutside : static_cast<uint32_t>(v - r.lowest);
      ++s.at(scale_level(scale[l]), rans_mean_class(kMeanStates, scale[l], mean[l]), mean[l] < 0)[i];
    }
  });
}

// Where classes of scale begin: neighbouring levels are merged as long as a two-parameter model (zero or not, geometric
// magnitudes) loses less than a class costs.
std::vector<uint8_t> scale_thresholds(const RansRecipe& r, Survey& s, unsigned means) {
  struct Segment {
    unsigned first;
    double count = 0, sum = 0, zeros = 0;
    double bits() const {
      const auto xlogx = [](double x) { return x > 0 ? x * std::log2(x) : 0.0; };
      const double others = count - zeros, excess = std::max(0.0, sum - others);
      return xlogx(count) - xlogx(zeros) - xlogx(others) + xlogx(others + excess) - xlogx(others) - xlogx(excess);
    }
    Segment with(const Segment& o) const { return {first, count + o.count, sum + o.sum, zeros + o.zeros}; }
  };
  std::vector<Segment> segments;
  for (unsigned level = 0; level < kRansLevelThresholds; ++level) {
    Segment g{level};
    for (size_t state = 0; state < kMeanStates; ++state)
      for (size_t negative = 0; negative < 2; ++negative) {
        const uint32_t* counts = s.at(level, state, negative);
        for (uint32_t i = 0; i <= kOutside; ++i) {
          const auto n = static_cast<double>(counts[i]);
          const int32_t symbol = i == kOutside ? 255 : r.lowest + static_cast<int32_t>(i);
          g.count += n;
          g.sum += n * std::abs(symbol);
          if (symbol == 0) g.zeros += n;
        }
      }
    if (g.count > 0) segments.push_back(g);
  }
  const double price = 20 + 10 * means;
  while (segments.size() > 1) {
    double least = std::numeric_limits<double>::infinity();
    size_t best = 0;
    for (size_t i = 0; i + 1 < segments.size(); ++i) {
      const double loss = segments[i].with(segments[i + 1]).bits() - segments[i].bits() - segments[i + 1].bits();
      if (loss < least) {
        least = loss;
        best = i;
      }
    }
    if (segments.size() <= 12 && least > price) break;
    segments[best] = segments[best].with(segments[best + 1]);
    segments.erase(segments.begin() + static_cast<std::ptrdiff_t>(best) + 1);
  }
  std::vector<uint8_t> thresholds;
  for (size_t i = 1; i < segments.size(); ++i) thresholds.push_back(static_cast<uint8_t>(segments[i].first));
  return thresholds;
}

// Bits that signs save if they are coded by the state of the mean: what classes of means may be worth.
double sign_gain(const RansRecipe& r, Survey& s) {
  const auto xlogx = [](double x) { return x > 0 ? x * std::log2(x) : 0.0; };
  double gain = 0;
  for (size_t state = 1; state < kMeanStates; ++state) {
    std::array<double, 2> agree{};
    for (unsigned level = 0; level < kRansLevelThresholds; ++level)
      for (size_t negative = 0; negative < 2; ++negative) {
        const uint32_t* counts = s.at(level, state, negative);
        for (uint32_t i = 0; i < r.symbols(); ++i) {
          const int32_t symbol = r.lowest + static_cast<int32_t>(i);
          if (symbol != 0) agree[(symbol < 0) == (negative == 1)] += counts[i];
        }
      }
    gain += agree[0] + agree[1] - xlogx(agree[0] + agree[1]) + xlogx(agree[0]) + xlogx(agree[1]);
  }
  return gain;
}

Fitted fit_classes(RansRecipe r, Survey& s, unsigned means, const std::vector<int64_t>& outside, Form shape) {
  const int32_t lowest = r.lowest;
  const auto symbols = r.symbols();
  r.means = means;
  r.scale_thresholds = scale_thresholds(r, s, means);
  if (means > 1) {
    r.highest = std::min<int32_t>(std::max(-r.lowest, r.highest), (kRansMostSymbols - 1) / 2);
    r.lowest = -r.highest;
  } else {
    for (RansTap& t : r.taps) t.value_weight = 0;
    std::erase_if(r.taps, [](const RansTap& t) { return t.magnitude_weight == 0; });
  }
  std::vector<Counts> classes(r.classes(), Counts{});
  std::vector<int64_t> escaped = outside;
  size_t scale = 0;
  for (unsigned level = 0; level < kRansLevelThresholds; ++level) {
    while (scale < r.scale_thresholds.size() && level >= r.scale_thresholds[scale]) ++scale;
    for (unsigned state = 0; state < kMeanStates; ++state) {
      const unsigned mean = kStateClass[means - 1][state];
      for (unsigned negative = 0; negative < 2; ++negative) {
        const uint32_t* counts = s.at(level, state, negative);
        Counts& to = classes[scale * means + mean];
        for (uint32_t i = 0; i < symbols; ++i) {
          if (counts[i] == 0) continue;
          int32_t symbol = lowest + static_cast<int32_t>(i);
          if (mean > 0 && negative == 1) symbol = -symbol;
          if (symbol < r.lowest || symbol > r.highest) {
            to[kOutside] += counts[i];
            escaped.insert(escaped.end(), counts[i], lowest + static_cast<int32_t>(i));
          } else {
            to[static_cast<size_t>(symbol - r.lowest)] += counts[i];
          }
        }
        to[kOutside] += counts[kOutside];
      }
    }
  }
  return fit_tables(std::move(r), classes, escaped, shape);
}

// `rows` rows of the matrix from `first` on.
View view_of(const RansMatrix& matrix, const RansSymbols& symbols, uint64_t first, uint64_t rows) {
  View view;
  view.rows = rows;
  view.columns = matrix.columns;
  if (!matrix.transposed) {
    view.values = std::span(symbols.values).subspan(first * matrix.columns, rows * matrix.columns);
    return view;
  }
  view.copy.resize(rows * matrix.columns);
  constexpr uint64_t kBlock = 32;
  for (uint64_t block = 0; block < matrix.columns; block += kBlock)
    for (uint64_t row = 0; row < rows; ++row)
      for (uint64_t c = block; c < std::min(block + kBlock, matrix.columns); ++c)
        view.copy[row * matrix.columns + c] = symbols.values[matrix.index(first + row, c)];
  view.values = view.copy;
  return view;
}

// Rows from the middle: at least some groups of lanes, then as many as are cheap to look at.
View sample_of(const RansMatrix& matrix, const RansSymbols& symbols, uint32_t lanes) {
  constexpr uint64_t kElements = uint64_t{1} << 16;
  const uint64_t rows =
      std::min(matrix.rows, std::max<uint64_t>(4 * lanes, kElements / matrix.columns / lanes * lanes));
  return view_of(matrix, symbols, (matrix.rows - rows) / 2, rows);
}

std::vector<Counts> plain_counts(const RansRecipe& r, std::span<const int16_t> values) {
  std::array<std::array<uint64_t, kOutside + 1>, 2> counts{};  // two, so that equal neighbours need not wait
  for (size_t i = 0; i < values.size(); ++i) {
    const int32_t v = values[i];
    ++counts[i & 1][v < r.lowest || v > r.highest ? kOutside : static_cast<uint32_t>(v - r.lowest)];
  }
  std::vector<Counts> classes(1, Counts{});
  for (size_t i = 0; i <= kOutside; ++i) classes[0][i] = static_cast<double>(counts[0][i] + counts[1][i]);
  return classes;
}

// With contexts: weights from `sample`, classes from `view`. `r` says how the matrix lies.
Fitted fit_contexts(RansRecipe r, const Shape& dimensions, const View& sample, const View& view,
                    const std::vector<int64_t>& outside, Form shape) {
  while (r.lanes > 1 && r.lanes / 2 >= sample.rows) r.lanes /= 2;
  double magnitude = 0;
  for (const int16_t v : sample.values) magnitude += std::min(std::abs(int32_t{v}), 255);
  r.missing = static_cast<int32_t>(16 * magnitude / static_cast<double>(sample.values.size()));
  r.taps = candidate_taps(sample, dimensions, r.transposed);
  fit_weights(r, sample);
  Survey s;
  survey(r, view, s);
  Fitted best = fit_classes(r, s, 1, outside, shape);
  const double gain = sign_gain(r, s);
  constexpr double kWorth = 100, kFiner = 2000;  // bits
  for (unsigned means = 2; means <= kRansMostMeans && gain > kWorth; ++means) {
    if (means == kRansMostMeans && gain < kFiner) break;
    Fitted f = fit_classes(r, s, means, outside, shape);
    if (f.bits < best.bits) best = std::move(f);
  }
  return best;
}

// The states of the lanes take about three bytes each; a tensor pays them where it is worth the speed.
uint32_t lanes_for(double bits) {
  const double bytes = bits / 8;
  return bytes < 1024 ? 1 : bytes < 2048 ? 2 : bytes < 4096 ? 4 : bytes < 24576 ? 8 : bytes < 65536 ? 16 : 32;
}

}  // namespace

RansPlan rans_plan(const RansSymbols& symbols, const RansRecipe& recipe) {
  const auto& values = symbols.values;
  const std::vector<Counts> counts = plain_counts(recipe, values);
  const Fitted smooth = fit_tables(recipe, counts, symbols.outside, Form::smooth);
  const Fitted rough = fit_tables(recipe, counts, symbols.outside, Form::rough);
  const Fitted& plain = smooth.bits <= rough.bits ? smooth : rough;
  // Contexts make a histogram smoother, as scales no longer mix.
  const Form shape = smooth.bits <= rough.bits         ? Form::smooth
                     : smooth.bits < 1.05 * rough.bits ? Form::either
                                                       : Form::rough;
  RansPlan best{plain.recipe, plain.bits};
  best.recipe.lanes = lanes_for(plain.bits);
  // Less than this, and no context pays for its description.
  constexpr size_t kLeastElements = 128;
  if (values.size() < kLeastElements) return best;
  constexpr size_t kLarge = size_t{1} << 19;
  RansRecipe r = recipe;
  r.lanes = best.recipe.lanes;
  r.contexts = true;
  while (r.row_axes < symbols.shape.size() && symbols.shape[r.row_axes - 1] == 1) ++r.row_axes;
  for (const bool transposed : {false, true}) {
    if (transposed && symbols.shape.size() != 2) break;
    r.transposed = transposed;
    const RansMatrix matrix(r, symbols.shape, values.size());
    if (matrix.columns < 2) continue;
    const auto whole = [&] { return view_of(matrix, symbols, 0, matrix.rows); };
    Fitted f;
    if (values.size() <= kLarge) {
      const View view = whole();
      f = fit_contexts(r, symbols.shape, view, view, symbols.outside, shape);
    } else {  // a look at a part first
      const View sample = sample_of(matrix, symbols, r.lanes);
      std::vector<int64_t> outside;
      for (const int16_t v : sample.values)
        if (v < r.lowest || v > r.highest) outside.push_back(v);
      const double without = fit_tables(recipe, plain_counts(recipe, sample.values), outside, shape).bits;
      const double with = fit_contexts(r, symbols.shape, sample, sample, outside, shape).bits;
      if (with > 0.997 * without) continue;
      f = fit_contexts(r, symbols.shape, sample, whole(), symbols.outside, shape);
    }
    if (f.bits < best.bits) best = {std::move(f.recipe), f.bits};
  }
  return best;
}

void rans_write_recipe(BitWriter& out, const RansRecipe& r) {
  const auto put_count = [&](uint64_t v) { out.put_gamma(v + 1); };
  out.put(static_cast<uint32_t>(std::countr_zero(r.lanes)), 3);
  put_count(r.plain_bits);
  put_count(zigzag(r.centre));
  put_count(static_cast<uint64_t>(-int64_t{r.lowest}));
  put_count(static_cast<uint64_t>(r.highest));
  out.put(r.escapes, 1);
  out.put(r.contexts, 1);
  if (r.contexts) {
    out.put_gamma(r.row_axes);
    out.put(r.transposed, 1);
    out.put(static_cast<uint32_t>(r.taps.size()), 4);
    for (const RansTap& t : r.taps) {
      out.put(t.above, 1);
      out.put_gamma(t.above ? zigzag(t.columns) + 1 : static_cast<uint64_t>(t.columns));
      out.put(static_cast<uint32_t>(t.magnitude_weight), 6);
    }
    out.put(static_cast<uint32_t>(r.row_weight), 7);
    out.put(static_cast<uint32_t>(r.column_weight), 7);
    put_count(static_cast<uint64_t>(r.constant));
    put_count(static_cast<uint64_t>(r.missing));
    out.put(static_cast<uint32_t>(r.scale_thresholds.size()), 4);
    for (size_t i = 0; i < r.scale_thresholds.size(); ++i) {
      if (i == 0) {
        out.put(r.scale_thresholds[0], 7);
      } else {
        out.put_gamma(static_cast<uint64_t>(r.scale_thresholds[i] - r.scale_thresholds[i - 1]));
      }
    }
    out.put(r.means - 1, 2);
    if (r.means > 1)
      for (const RansTap& t : r.taps) out.put(static_cast<uint32_t>(t.value_weight + 63), 7);
  }
  out.put(r.unit, 4);
  out.put(r.histogram, 1);
  if (r.histogram) {
    out.put(r.energy_precision, 2);
    const bool gaps = std::find(r.energies.begin(), r.energies.end(), kRansAbsent) != r.energies.end();
    out.put(gaps, 1);
    RansNumbers numbers;
    int32_t last = 0;
    for (const int32_t e : r.energies) {
      if (gaps) out.put(e != kRansAbsent, 1);
      if (e == kRansAbsent) continue;
      numbers.put(out, e - last);
      last = e;
    }
  }
  std::array<RansNumbers, kRansSlopes> numbers;
  for (size_t c = 0; c < r.slopes.size(); ++c)
    for (size_t k = 0; k < (c % r.means == 0 ? 3 : kRansSlopes); ++k)
      numbers[k].put(out, r.slopes[c][k] - (c < r.means ? 0 : r.slopes[c - r.means][k]));
}

}  // namespace pare
