#include "format/codec/rans_tables_encode.h"

#include <cmath>

#include "format/codec/value_code_encode.h"

namespace pare {

namespace {

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

// Gaussian elimination of the first n rows; false if they do not determine x.
using Slopes = std::array<double, kRansSlopes>;
bool solve(std::array<Slopes, kRansSlopes> a, Slopes b, size_t n, Slopes& x) {
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

// The exponential family: p(s) proportional to 2^(-base(s) - sum of slope * feature(s)).
class Family {
 public:
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
  Slopes first_guess(const RansCounts& counts) const {
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
  Slopes fit(const RansCounts& counts, size_t count, const Slopes& start, const Slopes& usual) const {
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
double coded_bits(const RansRecipe& r, const std::vector<RansCounts>& classes, const std::vector<int64_t>& outside) {
  double bits = 0;
  Histogram escaped;
  for (unsigned c = 0; c < classes.size(); ++c) {
    const RansFrequencies frequencies = rans_frequencies(r, c);
    const auto cost = [&](uint32_t i) { return kRansSlotBits - std::log2(static_cast<double>(frequencies[i])); };
    for (uint32_t i = 0; i <= kRansEscape; ++i) {
      if (classes[c][i] == 0) continue;
      if (i < kRansEscape && frequencies[i] != 0) {
        bits += classes[c][i] * cost(i);
        continue;
      }
      if (!r.escapes) return std::numeric_limits<double>::infinity();
      bits += classes[c][i] * cost(kRansEscape);
      // The sign of a mirrored symbol is not known here; it does not change the length much.
      if (i < kRansEscape)
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

void set_slopes(RansRecipe& r, unsigned c, const Slopes& slopes) {
  for (size_t k = 0; k < kRansSlopes; ++k)
    r.slopes[c][k] = std::clamp(static_cast<int32_t>(std::lround(16 * slopes[k])), -kRansMostSlope, kRansMostSlope);
}

// Slopes of every class on the family's base.
void fit_slopes(RansRecipe& r, const Family& family, const std::vector<RansCounts>& classes,
                std::vector<Slopes>& slopes) {
  r.slopes.assign(classes.size(), {});
  slopes.assign(classes.size(), {});
  for (unsigned c = 0; c < classes.size(); ++c) {
    const bool first = c < r.means;
    const Slopes start = r.histogram ? (first ? Slopes{} : slopes[c - r.means]) : family.first_guess(classes[c]);
    slopes[c] = family.fit(classes[c], c % r.means == 0 ? 3 : kRansSlopes, start, first ? start : slopes[c - r.means]);
    set_slopes(r, c, slopes[c]);
  }
}

void keep_better(const RansRecipe& r, const std::vector<RansCounts>& classes, const std::vector<int64_t>& outside,
                 RansFitted& best) {
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
void fit_histogram(RansRecipe& r, const std::vector<RansCounts>& classes, const RansCounts& all, double total) {
  r.histogram = true;
  r.energy_precision = total < 4096 ? 1 : total < 65536 ? 2 : 3;
  Family family(r.lowest, r.highest, r.unit);
  std::vector<double> energies(r.symbols());
  for (uint32_t i = 0; i < r.symbols(); ++i)
    if (all[i] > 0) energies[i] = -std::log2(all[i] / total);
  const double step = std::ldexp(1.0, -static_cast<int>(r.energy_precision));
  std::vector<Slopes> slopes;
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

}  // namespace

RansFitted rans_fit_tables(RansRecipe r, const std::vector<RansCounts>& classes, const std::vector<int64_t>& outside,
                           RansForm form) {
  RansCounts all{};
  double total = 0, magnitude = 0, others = 0;
  for (const RansCounts& c : classes)
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
  RansFitted best;
  if (form != RansForm::rough) {
    std::vector<Slopes> slopes;
    fit_slopes(r, Family(r.lowest, r.highest, r.unit), classes, slopes);
    keep_better(r, classes, outside, best);
  }
  if (form != RansForm::smooth && total > 0) {
    fit_histogram(r, classes, all, total);
    keep_better(r, classes, outside, best);
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
