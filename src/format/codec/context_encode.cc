#include <cmath>
#include <numeric>

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

// What the encoder finds out about a tensor, on up to 16 blocks of it.
class Analysis {
 public:
  Analysis(const TensorInfo& info, std::span<const int32_t> levels)
      : geometry_(info.shape, levels.size()), margin_(geometry_.most_distance) {
    uint64_t least = UINT64_MAX, nonzero = 0;
    for (int32_t level : levels) {
      const int64_t v = int64_t{level} - info.zero;
      p_.lowest = std::min(p_.lowest, v);
      p_.highest = std::max(p_.highest, v);
      if (v == 0) continue;
      ++nonzero;
      least = std::min(least, static_cast<uint64_t>(v < 0 ? -v : v));
    }
    if (nonzero == 0) return;
    p_.mode = ContextMode::mix;
    p_.least = least;
    p_.zero_first = 4 * (levels.size() - nonzero) > levels.size();
    const uint64_t largest = static_cast<uint64_t>(std::max(-p_.lowest, p_.highest));
    const auto bits = static_cast<unsigned>(std::bit_width(largest));
    const unsigned shift = bits > 11 ? bits - 11 : 0;
    values_.resize(margin_ + levels.size());
    magnitudes_.resize(values_.size());
    uint64_t sum = 0;
    for (size_t i = 0; i < levels.size(); ++i) {
      const int64_t v = int64_t{levels[i]} - info.zero;
      const auto m = static_cast<int16_t>((v < 0 ? -v : v) >> shift);
      magnitudes_[margin_ + i] = m;
      values_[margin_ + i] = static_cast<int16_t>(v < 0 ? -m : m);
      sum += static_cast<uint64_t>(m);
    }
    p_.mean = static_cast<uint32_t>(log_scale((sum << 12) / levels.size()));
    p_.nonzero_mean = static_cast<uint32_t>(log_scale((sum << 12) / nonzero));
    const uint64_t blocks = (levels.size() + kBlock - 1) / kBlock, step = std::max<uint64_t>(1, blocks / 16);
    for (uint64_t b = 0; b < blocks; b += step) {
      const uint64_t length = std::min<uint64_t>(kBlock, levels.size() - b * kBlock);
      blocks_.push_back({b * kBlock, length});
      sampled_ += static_cast<double>(length);
    }
    select(values_, 0, 12, p_.value_taps);
    TapList magnitude_taps;
    select(magnitudes_, this->sum(magnitudes_, 0) / sampled_, 4, magnitude_taps);
    fit_scale(magnitude_taps);
  }
  const ContextParameters& parameters() const { return p_; }

 private:
  static constexpr uint64_t kBlock = 2048;
  struct Block {
    uint64_t start, length;
  };
  double product(const std::vector<int16_t>& x, uint64_t a, uint64_t b) const {
    int64_t total = 0;
    for (const Block& block : blocks_) {
      const int16_t *p = x.data() + margin_ + block.start - a, *q = x.data() + margin_ + block.start - b;
      for (uint64_t i = 0; i < block.length;) {
        int32_t part = 0;  // 256 products of 11-bit magnitudes fit
        for (const uint64_t end = std::min(block.length, i + 256); i < end; ++i) part += p[i] * q[i];
        total += part;
      }
    }
    return static_cast<double>(total);
  }
  double sum(const std::vector<int16_t>& x, uint64_t a) const {
    int64_t total = 0;
    for (const Block& block : blocks_) {
      const int16_t* p = x.data() + margin_ + block.start - a;
      for (uint64_t i = 0; i < block.length; ++i) total += p[i];
    }
    return static_cast<double>(total);
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
  // Forward selection of the neighbours that predict best in the sense of least squares, as long as each pays for its
  // description.
  void select(const std::vector<int16_t>& x, double mean, unsigned most, TapList& list) const {
    const std::vector<uint32_t> all = candidates();
    const double variance = product(x, 0, 0) / sampled_ - mean * mean;
    if (variance <= 0) return;
    std::vector<double> sums(all.size()), with_x(all.size());
    for (size_t i = 0; i < all.size(); ++i) {
      sums[i] = mean == 0 ? 0 : sum(x, all[i]) / sampled_;
      with_x[i] = product(x, 0, all[i]) / sampled_ - mean * sums[i];
    }
    std::vector<size_t> top(all.size());
    std::iota(top.begin(), top.end(), size_t{0});
    std::stable_sort(top.begin(), top.end(),
                     [&](size_t a, size_t b) { return std::fabs(with_x[a]) > std::fabs(with_x[b]); });
    const size_t n = std::min<size_t>(top.size(), 14);
    std::vector<double> gram(n * n);
    for (size_t i = 0; i < n; ++i)
      for (size_t j = i; j < n; ++j)
        gram[i * n + j] = gram[j * n + i] = product(x, all[top[i]], all[top[j]]) / sampled_ -
                                            sums[top[i]] * sums[top[j]] + (i == j ? 1e-6 * variance : 0);
    std::vector<size_t> chosen;
    std::vector<double> coefficients;
    double left = variance;
    while (chosen.size() < most) {
      double fewest = left;
      std::vector<size_t> best;
      std::vector<double> best_coefficients;
      for (size_t candidate = 0; candidate < n; ++candidate) {
        if (std::find(chosen.begin(), chosen.end(), candidate) != chosen.end()) continue;
        std::vector<size_t> with = chosen;
        with.push_back(candidate);
        std::vector<double> target;
        for (size_t i : with) target.push_back(with_x[top[i]]);
        const std::vector<double> solution = solve(gram, n, with, target);
        double rest = variance;
        for (size_t i = 0; i < with.size(); ++i) rest -= solution[i] * target[i];
        if (rest < fewest) fewest = rest, best = with, best_coefficients = solution;
      }
      if (best.empty() || fewest <= 0) break;
      const double gain = 0.5 * static_cast<double>(geometry_.count) * std::log2(left / fewest);
      if (gain < kTapBits) break;
      left = fewest;
      chosen = std::move(best);
      coefficients = std::move(best_coefficients);
    }
    for (size_t i = 0; i < chosen.size(); ++i)
      list.add({all[top[chosen[i]]], static_cast<int32_t>(std::clamp(std::lround(coefficients[i] * 64), -127L, 127L))});
  }
  static constexpr double kTapBits = 40;
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

  // Least squares of magnitudes on the running means and the chosen neighbours, in units of the scale that the usual
  // coefficients give, and drawn a little to those.
  void fit_scale(const TapList& taps) {
    const size_t n = kMeans + taps.count;
    std::vector<double> gram(n * n), target(n), x(n), usual(n);
    for (unsigned i = 0; i < kMeans; ++i) usual[i] = kDefaultMeans[i] / 64.0;
    RunningMeans means(geometry_, from_log_scale(p_.mean));
    size_t block = 0;
    for (uint64_t i = 0; i < geometry_.count && block < blocks_.size(); ++i) {
      const int16_t* at = magnitudes_.data() + margin_ + i;
      if (i >= blocks_[block].start) {
        const Means current = means.current();
        double scale = 0;
        for (unsigned j = 0; j < kMeans; ++j) scale += usual[j] * (x[j] = current[j]);
        for (unsigned j = 0; j < taps.count; ++j)
          x[kMeans + j] = 4096.0 * at[-static_cast<ptrdiff_t>(taps.taps[j].distance)];
        const double weight = 1 / std::max(scale * scale, 1.0), y = 4096.0 * *at;
        for (size_t j = 0; j < n; ++j) {
          const double weighted = weight * x[j];
          target[j] += weighted * y;
          for (size_t k = 0; k <= j; ++k) gram[j * n + k] += weighted * x[k];
        }
        if (i + 1 == blocks_[block].start + blocks_[block].length) ++block;
      }
      means.add(*at);
    }
    for (size_t j = 0; j < n; ++j) {
      for (size_t k = 0; k < j; ++k) gram[k * n + j] = gram[j * n + k];
    }
    std::vector<size_t> all(n);
    std::iota(all.begin(), all.end(), size_t{0});
    std::vector<double> solution;
    // Means that say nearly the same can get coefficients that no field holds; then the usual ones draw harder.
    for (double share = kLeastRidge; share < 1; share *= 4) {
      std::vector<double> ridged = gram, drawn = target;
      for (size_t j = 0; j < n; ++j) {
        const double ridge = kRidge + share * gram[j * n + j];
        ridged[j * n + j] += ridge;
        drawn[j] += ridge * usual[j];
      }
      solution = solve(ridged, n, all, drawn);
      if (std::all_of(solution.begin(), solution.end(), [](double c) { return std::fabs(c) < kMostCoefficient; }))
        break;
    }
    const auto quantized = [](double c) { return static_cast<int32_t>(std::clamp(std::lround(c * 64), -127L, 127L)); };
    for (unsigned i = 0; i < kMeans; ++i) p_.mean_coefficients[i] = quantized(solution[i]);
    p_.magnitude_taps = {};
    for (unsigned i = 0; i < taps.count; ++i)
      if (const int32_t c = quantized(solution[kMeans + i]); c != 0) p_.magnitude_taps.add({taps.taps[i].distance, c});
  }
  static constexpr double kRidge = 3, kLeastRidge = 0.0003, kMostCoefficient = 1.5;

  ContextGeometry geometry_;
  uint64_t margin_;
  ContextParameters p_;
  std::vector<int16_t> values_, magnitudes_;
  std::vector<Block> blocks_;
  double sampled_ = 0;
};

template <class Model, class Coder>
void code_values(Coder& coder, const TensorInfo& info, const ContextGeometry& geometry, const ContextParameters& p,
                 std::span<const int32_t> levels) {
  Model model(geometry, p);
  for (int32_t level : levels) {
    const int64_t value = int64_t{level} - info.zero;
    model.prepare();
    model.template code<true>(coder, value);
    model.commit(value);
  }
}

// Large tensors whose neighbours say little are coded in the mode that is many times faster: where it costs hardly more
// on a sample from all over the tensor, the first half of which is for learning. Levels of 8 bits and more take
// many decisions; there, speed may cost 1 %.
constexpr uint64_t kPieces = 4, kPiece = 3 << 12;
constexpr double kMostLoss = 1.0, kMostLossOfManyLevels = 1.01;
constexpr int64_t kManyLevels = 128;
bool direct_suffices(const TensorInfo& info, ContextGeometry geometry, const ContextParameters& p,
                     std::span<const int32_t> levels) {
  const bool by_rows = geometry.rows >= 2 * kPieces;
  const uint64_t unit = by_rows ? geometry.columns : geometry.taps, units = levels.size() / unit;
  const uint64_t taken = (kPiece + unit - 1) / unit;  // units of each piece
  if (units < 2 * kPieces * taken) return false;
  std::vector<int32_t> sample;
  for (uint64_t piece = 0; piece < kPieces; ++piece) {
    const auto from = levels.subspan(units * piece / kPieces * unit, taken * unit);
    sample.insert(sample.end(), from.begin(), from.end());
  }
  geometry.rows = by_rows ? kPieces * taken : 1;
  geometry.count = sample.size();
  geometry.columns = geometry.count / geometry.rows;
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
  const double most = p.highest - p.lowest > kManyLevels ? kMostLossOfManyLevels : kMostLoss;
  return second_half(DirectModel(geometry, p)) <= most * second_half(MixModel(geometry, p));
}

ContextParameters choose_parameters(const TensorInfo& info, const ContextGeometry& geometry,
                                    std::span<const int32_t> levels) {
  ContextParameters p = Analysis(info, levels).parameters();
  if (p.mode == ContextMode::mix && direct_suffices(info, geometry, p, levels)) p.mode = ContextMode::direct;
  return p;
}

template <class Coder>
void code_tensor(Coder& coder, const TensorInfo& info, std::span<const int32_t> levels) {
  const ContextGeometry geometry(info.shape, levels.size());
  ContextParameters p = choose_parameters(info, geometry, levels);
  code_parameters(coder, p);
  if (p.mode == ContextMode::direct) code_values<DirectModel>(coder, info, geometry, p, levels);
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
    code_parameters(coder, written);
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
