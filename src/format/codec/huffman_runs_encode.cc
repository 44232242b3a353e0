#include <cmath>
#include <optional>

#include "format/codec/huffman_runs.h"
#include "format/codec/value_code_encode.h"

namespace pare {

namespace {

// The two payloads seen alike: elements of components, one of them the background.
struct Levels {
  const TensorInfo& info;
  std::span<const int32_t> levels;
  int32_t background;
  uint64_t count() const { return levels.size(); }
  size_t components() const { return 1; }
  bool is_background(uint64_t i) const { return levels[i] == background; }
  uint32_t component(uint64_t i, size_t) const { return static_cast<uint32_t>(int64_t{levels[i]} - info.low); }
};
struct Elements {
  std::span<const std::byte> bytes;
  size_t size;
  uint64_t count() const { return bytes.size() / size; }
  size_t components() const { return size; }
  bool is_background(uint64_t i) const {
    for (size_t k = 0; k < size; ++k)
      if (bytes[i * size + k] != std::byte{0}) return false;
    return true;
  }
  uint32_t component(uint64_t i, size_t k) const { return static_cast<uint32_t>(bytes[i * size + k]); }
};

int32_t most_frequent(std::span<const int32_t> levels, int32_t low) {
  Histogram histogram;
  for (int32_t level : levels) histogram.add(static_cast<uint32_t>(int64_t{level} - low));
  uint64_t most = 0;
  uint32_t best = 0;
  histogram.for_each([&](uint32_t value, uint64_t times) {
    if (times > most) most = times, best = value;
  });
  return static_cast<int32_t>(int64_t{low} + best);
}

// f(run, index) for each element that is not background.
template <class Source, class F>
void for_each_pair(const Source& source, const RunOrder& order, F f) {
  uint32_t run = 0;
  for (uint64_t column = 0; column < order.columns(); ++column) {
    for (uint64_t row = 0; row < order.rows(); ++row) {
      const uint64_t index = row * order.columns() + column;
      if (source.is_background(index)) {
        ++run;
      } else {
        f(run, index);
        run = 0;
      }
    }
  }
}

struct Contexts {
  std::vector<unsigned> thresholds;  // of contexts 1, 2, ...
  std::vector<ValueEncoder> codes;
  uint64_t bits = 0;
  size_t of(unsigned bucket) const {
    size_t c = 0;
    while (c < thresholds.size() && thresholds[c] <= bucket) ++c;
    return c;
  }
};

// Roughly what a code for these runs would take, description included; only compared with itself.
double rough_bits(const Histogram& runs) {
  if (runs.total() == 0) return 0;
  constexpr TokenShape shape{4, 2};
  std::vector<double> counts(tokenize(shape, runs.highest()).token + 1);
  double bits = 24;
  runs.for_each([&](uint32_t value, uint64_t times) {
    const Token t = tokenize(shape, value);
    counts[t.token] += static_cast<double>(times);
    bits += static_cast<double>(times) * t.extra_bits;
  });
  const auto total = static_cast<double>(runs.total());
  for (double n : counts)
    if (n > 0) bits += 2.5 + n * std::log2(total / n);
  return bits;
}

// Splits the buckets of the average into up to kMostRunContexts neighbouring groups: the best by dynamic programming
// over rough sizes, as long as a split saves anything.
Contexts choose_contexts(const std::array<Histogram, kRunBuckets>& buckets) {
  std::vector<unsigned> used;
  for (unsigned b = 0; b < kRunBuckets; ++b)
    if (buckets[b].total() != 0) used.push_back(b);
  const size_t n = used.size();
  std::vector<std::vector<double>> group(
      n, std::vector<double>(n + 1));  // group[i][j]: buckets used[i] .. used[j - 1] together
  for (size_t i = 0; i < n; ++i) {
    Histogram sum;
    for (size_t j = i; j < n; ++j) {
      sum.add(buckets[used[j]]);
      group[i][j + 1] = rough_bits(sum);
    }
  }
  // best[k][j]: the first j buckets in k + 1 groups; from[k][j]: where the last group starts.
  std::array<std::vector<double>, kMostRunContexts> best;
  std::array<std::vector<size_t>, kMostRunContexts> from;
  size_t groups = 0;
  for (size_t k = 0; k < kMostRunContexts; ++k) {
    best[k].assign(n + 1, 1e300);
    from[k].assign(n + 1, 0);
    for (size_t j = k + 1; j <= n; ++j) {
      if (k == 0) best[k][j] = group[0][j];
      for (size_t i = k; k > 0 && i < j; ++i) {
        const double bits = best[k - 1][i] + group[i][j] + 5;
        if (bits < best[k][j]) best[k][j] = bits, from[k][j] = i;
      }
    }
    if (best[k][n] < best[groups][n]) groups = k;
  }
  std::vector<size_t> starts;
  for (size_t k = groups, j = n; k > 0; --k) starts.insert(starts.begin(), j = from[k][j]);

  Contexts c;
  c.bits = 2 + 5 * starts.size();
  size_t next = 0;
  for (size_t g = 0; g <= starts.size(); ++g) {
    const size_t end = g < starts.size() ? starts[g] : n;
    if (g > 0) c.thresholds.push_back(used[next]);
    Histogram sum;
    for (; next < end; ++next) sum.add(buckets[used[next]]);
    c.codes.emplace_back(sum);
    c.bits += c.codes.back().bits();
  }
  return c;
}

struct Plan {
  uint64_t pairs = 0;
  bool transposed = false;
  Contexts contexts;
  std::vector<ValueEncoder> components;
  uint64_t bits = 0;  // from `transposed` on
};

template <class Source>
Plan make_plan(const Source& source, const Shape& shape) {
  Plan plan;
  std::vector<Histogram> components(source.components());
  for (uint64_t i = 0; i < source.count(); ++i) {
    if (source.is_background(i)) continue;
    ++plan.pairs;
    for (size_t k = 0; k < components.size(); ++k) components[k].add(source.component(i, k));
  }
  if (plan.pairs == 0) return plan;
  for (bool transposed : {false, true}) {
    if (transposed && (shape.size() < 2 || shape[0] == 1 || plan.pairs > source.count() / 2))
      continue;  // never pays when dense
    std::array<Histogram, kRunBuckets> buckets;
    RunAverage average;
    for_each_pair(source, RunOrder(shape, transposed, source.count()), [&](uint32_t run, uint64_t) {
      buckets[average.bucket()].add(run);
      average.add(run);
    });
    Contexts contexts = choose_contexts(buckets);
    if (transposed && contexts.bits >= plan.contexts.bits) continue;
    plan.transposed = transposed;
    plan.contexts = std::move(contexts);
  }
  plan.bits = 1 + plan.contexts.bits;
  for (const Histogram& h : components) {
    plan.components.emplace_back(h);
    plan.bits += plan.components.back().bits();
  }
  return plan;
}

template <class Source>
void write_pairs(const Source& source, const Shape& shape, const Plan& plan, BitWriter& bits) {
  bits.put(plan.transposed ? 1 : 0, 1);
  bits.put(static_cast<uint32_t>(plan.contexts.thresholds.size()), 2);
  for (unsigned t : plan.contexts.thresholds) bits.put(t, 5);
  for (const ValueEncoder& code : plan.contexts.codes) code.write_description(bits);
  for (const ValueEncoder& code : plan.components) code.write_description(bits);
  RunAverage average;
  for_each_pair(source, RunOrder(shape, plan.transposed, source.count()), [&](uint32_t run, uint64_t index) {
    plan.contexts.codes[plan.contexts.of(average.bucket())].write(bits, run);
    average.add(run);
    for (size_t k = 0; k < plan.components.size(); ++k) plan.components[k].write(bits, source.component(index, k));
  });
}

bool supports(const TensorInfo& info) {
  const auto count = element_count(info.shape);
  return count && static_cast<uint64_t>(*count) < kMostRunElements;
}

uint64_t estimate_bits(const TensorInfo& info, std::span<const int32_t> levels, std::span<const std::byte> bytes) {
  if (info.payload == Payload::levels) {
    const int32_t background = most_frequent(levels, info.low);
    const Plan plan = make_plan(Levels{info, levels, background}, info.shape);
    return gamma_bits(plan.pairs + 1) + gamma_bits(static_cast<uint64_t>(int64_t{background} - info.low) + 1) +
           plan.bits;
  }
  const Plan plan = make_plan(Elements{bytes, size_of(info.dtype)}, info.shape);
  return gamma_bits(plan.pairs + 1) + plan.bits;
}

void encode(const TensorInfo& info, std::span<const int32_t> levels, std::span<const std::byte> bytes,
            std::vector<std::byte>& out) {
  BitWriter bits(out);
  auto write = [&](const auto& source, std::optional<int32_t> background) {
    const Plan plan = make_plan(source, info.shape);
    bits.put_gamma(plan.pairs + 1);
    if (background) bits.put_gamma(static_cast<uint64_t>(int64_t{*background} - info.low) + 1);
    if (plan.pairs != 0) write_pairs(source, info.shape, plan, bits);
    bits.finish();
  };
  if (info.payload == Payload::levels) {
    const int32_t background = most_frequent(levels, info.low);
    write(Levels{info, levels, background}, background);
  } else {
    write(Elements{bytes, size_of(info.dtype)}, std::nullopt);
  }
}

}  // namespace

extern const Encoder encoder_huffman_runs;
const Encoder encoder_huffman_runs = {
    .id = 3,
    .name = "huffman_runs",
    .summary = "Huffman codes of (run of zeros, next level) pairs, for sparse tensors",
    .supports = supports,
    .estimate_bits = estimate_bits,
    .encode = encode,
};

}  // namespace pare
