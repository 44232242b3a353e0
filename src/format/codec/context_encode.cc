#include <cmath>
#include <numeric>
#include <optional>

#include "format/codec/context.h"
#include "format/codec/rate.h"

namespace pare {

namespace {

// -log2 of a probability in 2^-16, by a table of the mantissa.
double cost_of(uint32_t p) {
  static const std::vector<float> table = [] {
    std::vector<float> t(65537);
    for (size_t i = 1; i < t.size(); ++i) t[i] = static_cast<float>(16 - std::log2(static_cast<double>(i)));
    return t;
  }();
  return static_cast<double>(table[p]);
}

// Stands in for the encoder where only the size matters.
class CostCoder {
 public:
  bool code(uint32_t one, bool bit) {
    bits_ += cost_of(bit ? one : 65536 - one);
    return bit;
  }
  uint64_t raw(unsigned count, uint64_t value) {
    bits_ += count;
    return value;
  }
  double bits() const { return bits_; }

 private:
  double bits_ = 0;
};

// A part of a tensor that resembles the whole: pieces of consecutive rows from all over it, or of its only row.
struct Sample {
  ContextGeometry geometry;
  std::vector<int32_t> levels;
};
constexpr uint64_t kPieces = 4;
// Pieces of at least `piece` elements; nothing if that is more than half of the tensor.
std::optional<Sample> take_sample(ContextGeometry geometry, std::span<const int32_t> levels, uint64_t piece) {
  const bool by_rows = geometry.rows >= 2 * kPieces;
  const uint64_t unit = by_rows ? geometry.columns : geometry.taps, units = levels.size() / unit;
  const uint64_t taken = (piece + unit - 1) / unit;  // units of each piece
  if (units < 2 * kPieces * taken) return std::nullopt;
  std::vector<int32_t> sample;
  sample.reserve(kPieces * taken * unit);
  for (uint64_t i = 0; i < kPieces; ++i) {
    const auto from = levels.subspan(units * i / kPieces * unit, taken * unit);
    sample.insert(sample.end(), from.begin(), from.end());
  }
  geometry.rows = by_rows ? kPieces * taken : 1;
  geometry.count = sample.size();
  geometry.columns = geometry.count / geometry.rows;
  return Sample{geometry, std::move(sample)};
}

// Levels of 8 bits and more take many decisions, so there speed may cost bytes. Dense tensors of them are coded in mode
// `select`, by parameters that are found on a sample.
constexpr int64_t kManyLevels = 128;
bool has_many_levels(const ContextParameters& p) { return p.highest - p.lowest > kManyLevels; }
bool is_for_select(const ContextParameters& p) { return has_many_levels(p) && !p.zero_first; }

// What the encoder finds out about a tensor, on up to about 64 blocks of it or of a sample.
class Analysis {
 public:
  Analysis(const TensorInfo& info, std::span<const int32_t> levels)
      : geometry_(info.shape, levels.size()), whole_(geometry_.count), margin_(geometry_.most_distance) {
    uint64_t nonzero = 0, sum = 0;
    uint32_t least = UINT32_MAX;  // less 1
    int32_t lowest = info.zero, highest = info.zero;
    const auto zero = static_cast<uint32_t>(info.zero);
    for (int32_t level : levels) {
      lowest = std::min(lowest, level);
      highest = std::max(highest, level);
      const uint32_t difference = static_cast<uint32_t>(level) - zero;
      const uint32_t magnitude = level < info.zero ? 0 - difference : difference;
      least = std::min(least, magnitude - 1);  // that of 0 wraps
      nonzero += level != info.zero ? 1 : 0;
      sum += magnitude;
    }
    if (nonzero == 0) return;
    p_.lowest = int64_t{lowest} - info.zero;
    p_.highest = int64_t{highest} - info.zero;
    p_.mode = ContextMode::mix;
    p_.least = uint64_t{least} + 1;
    p_.zero_first = 4 * (levels.size() - nonzero) > levels.size();
    const uint64_t largest = static_cast<uint64_t>(std::max(-p_.lowest, p_.highest));
    const auto bits = static_cast<unsigned>(std::bit_width(largest));
    const unsigned shift = bits > 11 ? bits - 11 : 0;
    const auto magnitude_of = [&](int32_t level) {
      const int64_t v = int64_t{level} - info.zero;
      return static_cast<uint32_t>((v < 0 ? -v : v) >> shift);
    };
    if (shift > 0) {
      sum = 0;
      for (int32_t level : levels) sum += magnitude_of(level);
    }
    p_.mean = static_cast<uint32_t>(log_scale((sum << 12) / levels.size()));
    p_.nonzero_mean = static_cast<uint32_t>(log_scale((sum << 12) / nonzero));
    std::optional<Sample> sample;
    if (is_for_select(p_))
      sample = take_sample(geometry_, levels, std::max(kLeastPiece, levels.size() / kPart / kPieces));
    if (sample) {
      geometry_ = sample->geometry;
      levels = sample->levels;
      margin_ = geometry_.most_distance = std::min(geometry_.most_distance, geometry_.count);
    }
    values_.resize(margin_ + levels.size());
    magnitudes_.resize(values_.size());
    plain_.resize(values_.size());
    for (size_t i = 0; i < levels.size(); ++i) {
      const auto m = static_cast<int16_t>(magnitude_of(levels[i]));
      plain_[margin_ + i] = static_cast<int16_t>(levels[i] < info.zero ? -m : m);
    }
    const uint64_t blocks = (levels.size() + kBlock - 1) / kBlock, step = std::max<uint64_t>(1, blocks / 64);
    for (uint64_t b = 0; b < blocks; b += step) {
      const uint64_t length = std::min<uint64_t>(kBlock, levels.size() - b * kBlock);
      blocks_.push_back({b * kBlock, length});
      sampled_ += length;
    }
    while (p_.unit < 3 && static_cast<double>(whole_) < kCoarse / std::exp2(2 * p_.unit)) ++p_.unit;
    normalize();
    const std::vector<uint32_t> value_taps = select(values_, kMostTaps);
    std::vector<uint32_t> magnitude_taps;
    if (!is_for_select(p_)) magnitude_taps = select(magnitudes_, kMostMagnitudeTaps);
    fit(value_taps, magnitude_taps);
  }
  const ContextParameters& parameters() const { return p_; }

 private:
  static constexpr uint64_t kBlock = 2048;
  struct Block {
    uint64_t start, length;
  };
  // On every second block of many, or on fewer.
  double product(const std::vector<int16_t>& x, uint64_t a, uint64_t b) const {
    int64_t total = 0;
    const size_t step = is_for_select(p_)      ? (blocks_.size() + kMostProductBlocks - 1) / kMostProductBlocks
                        : blocks_.size() <= 32 ? 1
                                               : 2;
    for (size_t n = 0; n < blocks_.size(); n += step) {
      const Block& block = blocks_[n];
      const int16_t *p = x.data() + margin_ + block.start - a, *q = x.data() + margin_ + block.start - b;
      for (uint64_t i = 0; i < block.length;) {
        int32_t part = 0;  // 256 products of 11-bit magnitudes fit
        for (const uint64_t end = std::min(block.length, i + 256); i < end; ++i) part += p[i] * q[i];
        total += part;
      }
    }
    return static_cast<double>(total);
  }
  // Values and magnitudes in units of the scale that the usual coefficients predict; of magnitudes, what differs from
  // it. Keeps the means of the blocks.
  void normalize() {
    RunningMeans means(geometry_, from_log_scale(p_.mean));
    size_t block = 0;
    for (uint64_t i = 0; i < geometry_.count; ++i) {
      const Means current = means.current();
      int64_t scale = 0;
      for (unsigned j = 0; j < kMeans; ++j) scale += int64_t{kDefaultMeans[j]} * current[j];
      scale = std::max<int64_t>(scale >> 6, std::max(current[0] >> 5, 16));
      const int v = plain_[margin_ + i], m = v < 0 ? -v : v;
      const float ratio = static_cast<float>(v * kOne * 4096) / static_cast<float>(scale);
      const auto z = static_cast<int>(std::clamp(ratio, -2047.0F, 2047.0F));
      values_[margin_ + i] = static_cast<int16_t>(z);
      magnitudes_[margin_ + i] = static_cast<int16_t>((z < 0 ? -z : z) - kOne);
      if (block < blocks_.size() && i >= blocks_[block].start) {
        means_.push_back(current);
        scales_.push_back(static_cast<float>(scale));
        if (i + 1 == blocks_[block].start + blocks_[block].length) ++block;
      }
      means.add(m);
    }
  }
  std::vector<uint32_t> candidates() const {
    std::vector<uint32_t> all;
    const auto add = [&](int64_t d) {
      if (d > 0 && d <= static_cast<int64_t>(margin_) && std::find(all.begin(), all.end(), d) == all.end())
        all.push_back(static_cast<uint32_t>(d));
    };
    const auto columns = static_cast<int64_t>(geometry_.columns), taps = static_cast<int64_t>(geometry_.taps);
    for (int64_t d = 1; d <= 32; ++d) add(d);
    for (int64_t d = 1; d <= 16; ++d) add(d * taps);
    for (int64_t row = 1; row <= 6; ++row)
      for (int64_t d = -4; d <= 4; ++d) add(row * columns + d);
    for (int64_t d = -3; d <= 3; ++d) add(columns + d * taps);
    return all;
  }
  static unsigned number_bits(unsigned order, uint64_t x) {
    return 2 * static_cast<unsigned>(std::bit_width(x + (uint64_t{1} << order))) - 1 - order;
  }
  static unsigned signed_bits(unsigned order, int64_t x) {
    return number_bits(order, static_cast<uint64_t>(x < 0 ? -2 * x - 1 : 2 * x));
  }
  unsigned distance_bits(uint32_t distance) const {
    CostCoder coder;
    code_distance(coder, geometry_, distance);
    return static_cast<unsigned>(coder.bits());
  }
  // Forward selection of the neighbours that predict best in the sense of least squares, as long as each pays for its
  // description.
  std::vector<uint32_t> select(const std::vector<int16_t>& x, unsigned most) const {
    const std::vector<uint32_t> all = candidates();
    const double variance = product(x, 0, 0);
    const double bits = kBits * static_cast<double>(whole_) / std::max(variance, 1.0);
    const double least_gain = is_for_select(p_) ? kLeastGain * static_cast<double>(whole_) : 0;  // each takes time
    std::vector<double> with_x(all.size());
    for (size_t i = 0; i < all.size(); ++i) with_x[i] = product(x, 0, all[i]);
    std::vector<size_t> top(all.size());
    std::iota(top.begin(), top.end(), size_t{0});
    std::stable_sort(top.begin(), top.end(),
                     [&](size_t a, size_t b) { return std::fabs(with_x[a]) > std::fabs(with_x[b]); });
    const size_t n = std::min<size_t>(top.size(), 14);
    std::vector<double> gram(n * n);
    for (size_t i = 0; i < n; ++i)
      for (size_t j = i; j < n; ++j)
        gram[i * n + j] = gram[j * n + i] = product(x, all[top[i]], all[top[j]]) + (i == j ? 1e-6 * variance + 1 : 0);
    // What is left of the products when those with the chosen neighbours are taken out.
    std::vector<double> left(n);
    for (size_t i = 0; i < n; ++i) left[i] = with_x[top[i]];
    std::vector<uint32_t> distances;
    std::vector<bool> chosen(n);
    while (distances.size() < most) {
      double score = 0;
      size_t best = n;
      for (size_t i = 0; i < n; ++i) {
        if (chosen[i]) continue;
        const double gain = left[i] * left[i] / gram[i * n + i] * bits - least_gain - distance_bits(all[top[i]]) - 4;
        if (gain > score) score = gain, best = i;
      }
      if (best == n) break;
      chosen[best] = true;
      distances.push_back(all[top[best]]);
      const std::vector<double> row(gram.begin() + static_cast<ptrdiff_t>(best * n),
                                    gram.begin() + static_cast<ptrdiff_t>((best + 1) * n));
      const double share = left[best] / row[best];
      for (size_t i = 0; i < n; ++i) {
        if (chosen[i]) continue;
        left[i] -= row[i] * share;
        for (size_t j = 0; j < n; ++j) gram[i * n + j] -= row[i] / row[best] * row[j];
      }
    }
    return distances;
  }
  // Gaussian elimination on the part of a symmetric positive definite matrix that `which` names.
  static std::vector<double> solve(const std::vector<double>& matrix, size_t n, const std::vector<size_t>& which,
                                   std::vector<double> b) {
    const size_t m = which.size();
    std::vector<double> a(m * m);
    for (size_t i = 0; i < m; ++i)
      for (size_t j = 0; j < m; ++j) a[i * m + j] = matrix[which[i] * n + which[j]];
    for (size_t i = 0; i < m; ++i)
      for (size_t j = i + 1; j < m; ++j) {
        const double f = a[j * m + i] / a[i * m + i];
        for (size_t k = i; k < m; ++k) a[j * m + k] -= f * a[i * m + k];
        b[j] -= f * b[i];
      }
    for (size_t i = m; i-- > 0;) {
      for (size_t k = i + 1; k < m; ++k) b[i] -= a[i * m + k] * b[k];
      b[i] /= a[i * m + i];
    }
    return b;
  }

  // A weighted least squares problem whose solution is coded: coefficients are multiples of a unit more than the usual
  // ones.
  static constexpr size_t kBatch = 256, kLanes = 8;  // lanes: sums side by side
  static double dot(const float* a, const float* b, size_t count) {
    std::array<float, kLanes> sums{};
    size_t i = 0;
    for (; i + kLanes <= count; i += kLanes)
      for (size_t lane = 0; lane < kLanes; ++lane) sums[lane] += a[i + lane] * b[i + lane];
    double sum = 0;
    for (; i < count; ++i) sum += static_cast<double>(a[i] * b[i]);
    for (float lane : sums) sum += static_cast<double>(lane);
    return sum;
  }
  struct Problem {
    size_t n;
    std::vector<double> gram = std::vector<double>(n * n), target = std::vector<double>(n);
    std::vector<double> usual = std::vector<double>(n);  // in units of 1
    std::vector<unsigned> order = std::vector<unsigned>(n), extra = std::vector<unsigned>(n);
    explicit Problem(size_t size) : n(size) {}
    // Adds `count` rows, at most kBatch; `x` holds the n columns and then the wanted one.
    void add(const std::vector<float>& x, size_t count) {
      for (size_t j = 0; j < n; ++j) {
        const float* a = x.data() + j * kBatch;
        target[j] += dot(a, x.data() + n * kBatch, count);
        for (size_t k = 0; k <= j; ++k) gram[j * n + k] += dot(a, x.data() + k * kBatch, count);
      }
    }
    void finish(double bits) {
      for (size_t j = 0; j < n; ++j) {
        target[j] *= bits;
        for (size_t k = 0; k <= j; ++k) gram[k * n + j] = gram[j * n + k] *= bits;
      }
    }
    // Bits over those of a perfect prediction, less a constant.
    double misfit(const std::vector<double>& c) const {
      double sum = 0;
      for (size_t j = 0; j < n; ++j) {
        double row = -2 * target[j];
        for (size_t k = 0; k < n; ++k) row += gram[j * n + k] * c[k];
        sum += row * c[j];
      }
      return sum;
    }
    double cost(const std::vector<int>& units, double step) const {
      std::vector<double> c(n);
      double bits = 0;
      for (size_t j = 0; j < n; ++j) {
        c[j] = usual[j] + units[j] * step;
        if (extra[j] == 0 || units[j] != 0) bits += extra[j] + signed_bits(order[j], units[j]);
      }
      return bits + misfit(c);
    }
  };
  // The numbers of units that cost least, by rounding and then by trying the numbers next to each and none.
  static std::vector<int> solve_rounded(const Problem& problem, double step) {
    const size_t n = problem.n;
    std::vector<size_t> all(n);
    std::iota(all.begin(), all.end(), size_t{0});
    std::vector<double> ridged = problem.gram, drawn = problem.target;
    for (size_t j = 0; j < n; ++j) {
      const double ridge = kRidge + kLeastRidge * ridged[j * n + j];
      ridged[j * n + j] += ridge;
      drawn[j] += ridge * problem.usual[j];
    }
    const std::vector<double> solution = solve(ridged, n, all, drawn);
    std::vector<int> units(n);
    const auto most = static_cast<double>(kMostCoefficient) / 64 / step;
    for (size_t j = 0; j < n; ++j)
      units[j] = static_cast<int>(std::lround(std::clamp((solution[j] - problem.usual[j]) / step, -most, most)));
    double least = problem.cost(units, step);
    for (bool better = true; better;) {
      better = false;
      for (size_t j = 0; j < n; ++j) {
        for (const int other : {units[j] - 1, units[j] + 1, 0, units[j] / 2}) {
          const int before = units[j];
          if (std::abs(other) > most || other == before) continue;
          units[j] = other;
          if (const double cost = problem.cost(units, step); cost < least - 1e-6) {
            least = cost;
            better = true;
          } else {
            units[j] = before;
          }
        }
      }
    }
    return units;
  }
  void fit(const std::vector<uint32_t>& value_taps, const std::vector<uint32_t>& magnitude_taps) {
    Problem location(value_taps.size()), scale(kMeans + magnitude_taps.size());
    std::vector<float> x((scale.n + 1) * kBatch), v((location.n + 1) * kBatch);
    double variance = 0, deviation = 0;
    size_t at = 0;
    for (const Block& block : blocks_)
      for (uint64_t i = 0; i < block.length; i += kBatch) {
        const size_t count = std::min<uint64_t>(kBatch, block.length - i);
        const int16_t* here = plain_.data() + margin_ + block.start + i;
        std::array<float, kBatch> by;  // weights' roots
        for (size_t k = 0; k < count; ++k) by[k] = 1 / scales_[at + k];
        float *y = v.data() + location.n * kBatch, *size = x.data() + scale.n * kBatch;
        for (size_t k = 0; k < count; ++k) {
          y[k] = 4096 * static_cast<float>(here[k]) * by[k];
          size[k] = std::fabs(y[k]);
          variance += static_cast<double>(y[k] * y[k]);
          deviation += static_cast<double>((size[k] - 1) * (size[k] - 1));
        }
        for (size_t j = 0; j < location.n; ++j) {
          const int16_t* from = here - value_taps[j];
          for (size_t k = 0; k < count; ++k) v[j * kBatch + k] = 4096 * static_cast<float>(from[k]) * by[k];
        }
        for (unsigned j = 0; j < kMeans; ++j)
          for (size_t k = 0; k < count; ++k) x[j * kBatch + k] = static_cast<float>(means_[at + k][j]) * by[k];
        for (size_t j = 0; j < magnitude_taps.size(); ++j) {
          const int16_t* from = here - magnitude_taps[j];
          float* to = x.data() + (kMeans + j) * kBatch;
          for (size_t k = 0; k < count; ++k) to[k] = std::fabs(4096 * static_cast<float>(from[k]) * by[k]);
        }
        location.add(v, count);
        scale.add(x, count);
        at += count;
      }
    location.finish(kBits * static_cast<double>(whole_) / std::max(variance, 1e-6));
    scale.finish(kBits * static_cast<double>(whole_) / std::max(deviation, 1e-6));
    const double step = (1 << p_.unit) / 64.0;
    for (size_t j = 0; j < location.n; ++j) {
      location.order[j] = kTapOrder;
      location.extra[j] = distance_bits(value_taps[j]);
    }
    for (size_t j = 0; j < scale.n; ++j) {
      scale.usual[j] = j < kMeans ? kDefaultMeans[j] / 64.0 : 0;
      scale.order[j] = j < kMeans ? kMeanOrder : kTapOrder;
      scale.extra[j] = j < kMeans ? 0 : distance_bits(magnitude_taps[j - kMeans]);
    }
    const std::vector<int> values = solve_rounded(location, step), scales = solve_rounded(scale, step);
    for (size_t j = 0; j < location.n; ++j)
      if (values[j] != 0) p_.value_taps.add({value_taps[j], values[j] * (1 << p_.unit)});
    p_.mean_coefficients = kDefaultMeans;
    const double usual = scale.misfit(scale.usual), best = scale.cost(scales, step);
    if (usual <= best + 1) return;
    for (size_t j = 0; j < scale.n; ++j) {
      if (j < kMeans)
        p_.mean_coefficients[j] += scales[j] * (1 << p_.unit);
      else if (scales[j] != 0)
        p_.magnitude_taps.add({magnitude_taps[j - kMeans], scales[j] * (1 << p_.unit)});
    }
  }
  // What a square that an average element's prediction misses by costs, in units of the squares that are left anyway:
  // half of log2 e, and hardly more for logistic distributions.
  static constexpr double kBits = 0.73;
  static constexpr unsigned kMostMagnitudeTaps = 4;
  static constexpr double kRidge = 1, kLeastRidge = 0.0003;
  static constexpr double kCoarse = 90000;  // elements from which on coefficients are multiples of 1/64
  static constexpr int kOne = 64;
  // Of tensors of many levels: elements of a piece of the sample, the part of the tensor that the sample is, blocks
  // that products are summed over, and bits per element that a neighbour must save, since each takes time.
  static constexpr uint64_t kLeastPiece = 4096, kPart = 8;
  static constexpr size_t kMostProductBlocks = 4;
  static constexpr double kLeastGain = 0.002;

  ContextGeometry geometry_;  // of the sample, if there is one
  uint64_t whole_;            // elements of the tensor
  uint64_t margin_;
  ContextParameters p_;
  std::vector<int16_t> plain_, values_, magnitudes_;  // zeros before the first element
  std::vector<Means> means_;                          // of the blocks
  std::vector<float> scales_;                         // likewise
  std::vector<Block> blocks_;
  uint64_t sampled_ = 0;
};

template <class Model, class Coder>
void code_values(Coder& shared, const TensorInfo& info, const ContextGeometry& geometry, const ContextParameters& p,
                 std::span<const int32_t> levels) {
  Model model(geometry, p);
  Coder coder = shared;  // a local variable lives in registers
  for (int32_t level : levels) {
    const int64_t value = int64_t{level} - info.zero;
    model.prepare();
    model.template code<true>(coder, value);
    model.commit(value);
  }
  shared = coder;
}

// Large tensors whose neighbours say little are coded in the mode that is many times faster: where it costs hardly more
// on a sample from all over the tensor, the first half of which is for learning.
constexpr uint64_t kPiece = 3 << 12;
constexpr double kMostLoss = 1.0, kMostLossOfManyLevels = 1.01;
bool direct_suffices(const TensorInfo& info, const ContextGeometry& geometry, const ContextParameters& p,
                     std::span<const int32_t> levels) {
  const std::optional<Sample> taken = take_sample(geometry, levels, kPiece);
  if (!taken) return false;
  const std::vector<int32_t>& sample = taken->levels;
  const auto second_half = [&]<class Model>(Model model) {
    CostCoder coder;
    double first_half = 0;
    for (size_t i = 0; i < sample.size(); ++i) {
      if (i == sample.size() / 2) first_half = coder.bits();
      const int64_t value = int64_t{sample[i]} - info.zero;
      model.prepare();
      model.template code<true>(coder, value);
      model.commit(value);
    }
    return coder.bits() - first_half;
  };
  const double most = has_many_levels(p) ? kMostLossOfManyLevels : kMostLoss;
  return second_half(DirectModel(taken->geometry, p)) <= most * second_half(MixModel(taken->geometry, p));
}

ContextParameters choose_parameters(const TensorInfo& info, const ContextGeometry& geometry,
                                    std::span<const int32_t> levels) {
  ContextParameters p = Analysis(info, levels).parameters();
  if (p.mode == ContextMode::mix && is_for_select(p))
    p.mode = ContextMode::select;
  else if (p.mode == ContextMode::mix && direct_suffices(info, geometry, p, levels))
    p.mode = ContextMode::direct;
  return p;
}

template <class Coder>
void code_tensor(Coder& coder, const TensorInfo& info, std::span<const int32_t> levels) {
  const ContextGeometry geometry(info.shape, levels.size());
  ContextParameters p = choose_parameters(info, geometry, levels);
  code_parameters(coder, geometry, p);
  if (p.mode == ContextMode::direct) code_values<DirectModel>(coder, info, geometry, p, levels);
  if (p.mode == ContextMode::select) code_values<SelectModel>(coder, info, geometry, p, levels);
  if (p.mode == ContextMode::mix) code_values<MixModel>(coder, info, geometry, p, levels);
}

constexpr double kTailBits = 12;  // of the bytes that end a range coded string, on average

bool supports(const TensorInfo& info) { return info.payload == Payload::levels; }

uint64_t estimate_bits(const TensorInfo& info, std::span<const int32_t> levels, std::span<const std::byte>) {
  if (levels.empty()) return 0;
  CostCoder coder;
  code_tensor(coder, info, levels);
  return static_cast<uint64_t>(coder.bits() + kTailBits);
}

void encode(const TensorInfo& info, std::span<const int32_t> levels, std::span<const std::byte>,
            std::vector<std::byte>& out) {
  if (levels.empty()) return;
  BinaryRangeEncoder coder(out);
  code_tensor(coder, info, levels);
  coder.finish();
}

template <class Model>
class ContextRate final : public RateModel {
 public:
  ContextRate(const TensorInfo& info, const ContextGeometry& geometry, const ContextParameters& p)
      : zero_(info.zero), tree_(p), model_(geometry, p) {
    CostCoder coder;
    ContextParameters written = p;
    code_parameters(coder, geometry, written);
    fixed_ = coder.bits() + kTailBits;
    model_.prepare();
  }
  double fixed_bits() const override { return fixed_; }
  double bits(int32_t level) override {
    const int64_t value = int64_t{level} - zero_;
    const int64_t near = tree_.nearest(value);
    CostCoder coder;
    model_.template code<false>(coder, near);
    return coder.bits() + (near == value ? 0 : kUnseenBits);
  }
  void commit(int32_t level) override {
    const int64_t value = int64_t{level} - zero_, near = tree_.nearest(value);
    CostCoder coder;
    model_.template code<true>(coder, near);
    model_.commit(near);
    model_.prepare();
  }

 private:
  static constexpr double kUnseenBits = 8;  // the encoder would have to send a wider range, and its tree grows
  int64_t zero_;
  SearchTree tree_;
  Model model_;
  double fixed_ = 0;
};

// All levels are zero so far, and the first guess said that they stay so.
class ZeroRate final : public RateModel {
 public:
  explicit ZeroRate(const TensorInfo& info) : zero_(info.zero) {}
  double fixed_bits() const override { return 2 + kTailBits; }
  double bits(int32_t level) override { return level == zero_ ? 0 : 32; }
  void commit(int32_t) override {}

 private:
  int32_t zero_;
};

std::unique_ptr<RateModel> rate_model(const TensorInfo& info, std::span<const int32_t> first_guess) {
  const ContextGeometry geometry(info.shape, first_guess.size());
  if (!first_guess.empty()) {
    const ContextParameters p = choose_parameters(info, geometry, first_guess);
    if (p.mode == ContextMode::direct) return std::make_unique<ContextRate<DirectModel>>(info, geometry, p);
    if (p.mode == ContextMode::select) return std::make_unique<ContextRate<SelectModel>>(info, geometry, p);
    if (p.mode == ContextMode::mix) return std::make_unique<ContextRate<MixModel>>(info, geometry, p);
  }
  return std::make_unique<ZeroRate>(info);
}

}  // namespace

extern const Encoder encoder_context;
const Encoder encoder_context = {
    .id = 4,
    .name = "context",
    .summary = "adaptive range coding of levels, predicted from neighbours in the tensor",
    .supports = supports,
    .estimate_bits = estimate_bits,
    .encode = encode,
    .rate_model = rate_model,
};

}  // namespace pare
