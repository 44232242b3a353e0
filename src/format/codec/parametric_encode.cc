#include <bit>
#include <numeric>

#include "format/bits.h"
#include "format/codec/fixed_log2.h"
#include "format/codec/parametric.h"
#include "format/codec/range_encode.h"

namespace pare {

namespace {

bool supports(const TensorInfo& info) {
  if (info.payload != Payload::levels) return false;
  const auto count = element_count(info.shape);
  return count && *count <= Parametric::kMostElements;
}

struct Occurring {
  int64_t level;
  uint64_t times;
};

// What a choice of parameters is measured by: levels that occur, in rising order.
class Levels {
 public:
  Levels(const TensorInfo& info, std::span<const int32_t> levels)
      : info_(info), zero_(std::clamp(info.zero, info.low, info.high)), count_(levels.size()) {
    std::vector<int32_t> sorted(levels.begin(), levels.end());
    std::sort(sorted.begin(), sorted.end());
    for (int32_t level : sorted) {
      if (occurring_.empty() || occurring_.back().level != level) occurring_.push_back({level, 0});
      ++occurring_.back().times;
      zeros_ += level == zero_;
    }
    if (!sorted.empty()) median_ = sorted[sorted.size() / 2];
  }
  int64_t zero() const { return zero_; }
  int64_t median() const { return median_; }
  uint64_t zeros() const { return zeros_; }
  uint64_t count() const { return count_; }

  uint64_t mean_distance(int64_t centre) const {
    uint64_t sum = 0;
    for (const Occurring& o : occurring_)
      sum += o.times * static_cast<uint64_t>(o.level < centre ? centre - o.level : o.level - centre);
    return count_ == 0 ? 0 : sum / count_;
  }
  // Bits of all levels, without the parameters, in 1/65536.
  uint64_t cost(const Parametric& p) const {
    const bool apart = p.zeros != 0;
    const ParametricTable table(p, info_, apart ? p.symbol_of(zero_) : kNoSymbol);
    const int64_t first = p.first(info_), last = p.last(info_);
    const auto escape_bits =
        static_cast<uint64_t>(std::bit_width(static_cast<uint64_t>(int64_t{info_.high} - info_.low)));
    constexpr uint64_t kWhole = uint64_t{Parametric::kBits} << 16;
    uint64_t cost = 0;
    for (const Occurring& o : occurring_) {
      if (apart && o.level == zero_) continue;
      const int64_t u = p.symbol_of(o.level);
      const bool escape = u < first || u > last;
      const size_t symbol = escape ? table.symbols - 1 : static_cast<size_t>(u - first);
      const uint64_t plain = escape ? escape_bits : p.shift;
      cost += o.times * (kWhole - fixed_log2(table.starts[symbol + 1] - table.starts[symbol]) + (plain << 16));
    }
    if (apart) {
      const uint64_t probability = Parametric::zero_probability(p.zeros);
      cost += zeros_ * (kWhole - fixed_log2(probability)) +
              (count_ - zeros_) * (kWhole - fixed_log2((uint64_t{1} << Parametric::kBits) - probability));
    }
    return cost;
  }

 private:
  const TensorInfo& info_;
  std::vector<Occurring> occurring_;
  int64_t zero_ = 0, median_ = 0;
  uint64_t count_ = 0, zeros_ = 0;
};

uint64_t parameter_bits(const Parametric& p, int64_t zero) {
  return 13 + gamma_bits(p.shift + 1) + gamma_bits(zigzag(p.centre - zero) + 1);
}

struct Plan {
  Parametric parameters;
  uint64_t bits = ~uint64_t{0};
};

unsigned nearest_zeros(uint64_t zeros, uint64_t count) {
  const uint64_t target = (zeros << Parametric::kBits) / count;
  unsigned best = 1;
  const auto distance = [&](unsigned z) {
    const uint64_t probability = Parametric::zero_probability(z);
    return probability > target ? probability - target : target - probability;
  };
  for (unsigned z = 2; z < Parametric::kZeros; ++z)
    if (distance(z) < distance(best)) best = z;
  return best;
}

Plan plan(const TensorInfo& info, std::span<const int32_t> of) {
  const Levels levels(info, of);
  Plan best;
  const auto measure = [&](const Parametric& p) {
    const uint64_t cost = levels.cost(p);
    const uint64_t bits = (parameter_bits(p, levels.zero()) + 7) / 8 * 8 + (cost >> 16) + 12;  // the last byte's share
    if (bits < best.bits) best = {p, bits};
    return cost;
  };
  // Cost has one minimum over the scale: go down from the first guess.
  const auto search_scale = [&](Parametric p) {
    uint64_t here = measure(p);
    for (const int direction : {1, -1}) {
      bool moved = false;
      for (;;) {
        Parametric next = p;
        next.scale = static_cast<unsigned>(static_cast<int>(p.scale) + direction);
        if (next.scale >= Parametric::kScales) break;
        const uint64_t there = measure(next);
        if (there >= here) break;
        p = next;
        here = there;
        moved = true;
      }
      if (moved) break;
    }
  };
  const auto search = [&](int64_t centre) {
    Parametric p;
    p.centre = centre;
    const uint64_t distance = levels.mean_distance(centre);
    if (p.escapes(info)) p.shift = static_cast<unsigned>(std::max(0, static_cast<int>(std::bit_width(distance)) - 6));
    const uint64_t width = distance >> p.shift;
    for (p.shape = 0; p.shape < Parametric::kShapes; ++p.shape) {
      const unsigned power = p.shape == 3 ? 4 : p.shape;
      // a is about 16 (distance * 1.25)^2 * 2 * 2^power; two scales are an octave of it.
      const uint64_t a = std::max<uint64_t>(2, 50 * width * width << power);
      p.scale = std::min(Parametric::kScales - 1, 2 * static_cast<unsigned>(std::bit_width(a) - 2));
      p.zeros = 0;
      search_scale(p);
      const int64_t zero_symbol = p.symbol_of(levels.zero());
      if (levels.zeros() == 0 || p.shift != 0 || info.low == info.high || zero_symbol < p.first(info) ||
          zero_symbol > p.last(info))
        continue;
      p.zeros = nearest_zeros(levels.zeros(), levels.count());
      search_scale(p);
    }
  };
  search(levels.zero());
  if (levels.median() != levels.zero()) search(levels.median());
  return best;
}

uint64_t estimate_bits(const TensorInfo& info, std::span<const int32_t> levels, std::span<const std::byte>) {
  return plan(info, levels).bits;
}

void encode(const TensorInfo& info, std::span<const int32_t> levels, std::span<const std::byte>,
            std::vector<std::byte>& out) {
  const Parametric p = plan(info, levels).parameters;
  const int64_t zero = std::clamp(info.zero, info.low, info.high);
  BitWriter header(out);
  header.put(p.shape, 2);
  header.put(p.scale, 6);
  header.put(p.zeros, 5);
  header.put_gamma(p.shift + 1);
  header.put_gamma(zigzag(p.centre - zero) + 1);
  header.finish();
  const ParametricTable table(p, info, p.zeros == 0 ? kNoSymbol : p.symbol_of(zero));
  const int64_t first = p.first(info), last = p.last(info);
  const auto escape_bits = static_cast<unsigned>(std::bit_width(static_cast<uint64_t>(int64_t{info.high} - info.low)));
  const uint32_t zero_probability = Parametric::zero_probability(p.zeros);
  RangeEncoder coder(out);
  const auto put_symbol = [&](size_t symbol) {
    coder.put(table.starts[symbol], table.starts[symbol + 1] - table.starts[symbol], Parametric::kBits);
  };
  for (int32_t level : levels) {
    if (p.zeros != 0) {
      if (level == zero) {
        coder.put(0, zero_probability, Parametric::kBits);
        continue;
      }
      coder.put(zero_probability, (1U << Parametric::kBits) - zero_probability, Parametric::kBits);
    }
    const int64_t u = p.symbol_of(level);
    if (u < first || u > last) {
      put_symbol(table.symbols - 1);
      coder.put_plain(static_cast<uint32_t>(int64_t{level} - info.low), escape_bits);
    } else {
      put_symbol(static_cast<size_t>(u - first));
      coder.put_plain(static_cast<uint32_t>(level - p.centre - (u << p.shift)), p.shift);
    }
  }
  coder.finish();
}

}  // namespace

extern const Encoder encoder_parametric;
const Encoder encoder_parametric = {
    .id = 6,
    .name = "parametric",
    .summary = "small tensors of levels by a bell curve of two bytes",
    .supports = supports,
    .estimate_bits = estimate_bits,
    .encode = encode,
};

}  // namespace pare
