// The arithmetic of probabilities that adapt and mix: integer tables of the logistic function and its inverse, counters
// that learn the probability of a binary decision, and mixers that weigh several counters in the logistic domain.
// Everything is integers, so every machine computes the same.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace pare {

// Probabilities are of "true", in units of 2^-16. Logarithms, and so stretched probabilities ln(p / (1 - p)), are in
// units of 1/256.
inline constexpr int kMostStretch = 12 * 256;
inline constexpr unsigned kStretchShift = 3;  // stretch() knows a probability by its highest 13 bits

inline constexpr int kMostLogarithm = 6 * 256;  // from here on, both logarithms below are 0

namespace detail {
struct LogisticTables {
  std::array<uint16_t, 2 * kMostStretch + 1> squash{};
  std::array<int16_t, (65536 >> kStretchShift)> stretch{};
  std::array<int16_t, kMostLogarithm> log_one_plus{}, log_minus_one{};  // ln(1 + e^-x), -ln(1 - e^-x)
  std::array<uint16_t, kMostStretch + 1> power{};                       // e^-x
};
constexpr LogisticTables make_logistic_tables() {
  LogisticTables t;
  constexpr uint64_t one = uint64_t{1} << 40, ratio = 16711808;  // 2^24 e^(-1/256), rounded
  std::array<uint64_t, kMostStretch + 1> power{};                // 2^40 e^(-x/256)
  power[0] = one;
  for (size_t x = 1; x < power.size(); ++x) power[x] = (power[x - 1] * ratio + (1U << 23)) >> 24;
  constexpr auto middle = static_cast<size_t>(kMostStretch);
  for (size_t x = 0; x < power.size(); ++x) {
    const auto p = static_cast<uint16_t>(std::min<uint64_t>((one << 16) / (one + power[x]), 65535));
    t.squash[middle + x] = p;
    t.squash[middle - x] = static_cast<uint16_t>(65536 - p);
    t.power[x] = static_cast<uint16_t>(std::min<uint64_t>(power[x] >> 24, 65535));
  }
  size_t at = 0;
  for (uint32_t j = 0; j < t.stretch.size(); ++j) {
    while (at + 1 < t.squash.size() && t.squash[at] < (2 * j + 1) << (kStretchShift - 1)) ++at;
    t.stretch[j] = static_cast<int16_t>(static_cast<int>(at) - kMostStretch);
  }
  // The smallest k with power[k] <= y is -ln y.
  size_t plus = middle, minus = 0;
  for (size_t x = 0; x < t.log_one_plus.size(); ++x) {
    const uint64_t below = one - power[x];
    while (plus > 0 && power[plus - 1] <= (one << 20) / (one + power[x]) << 20) --plus;
    t.log_one_plus[x] = static_cast<int16_t>(plus);
    if (x == 0) minus = middle;
    while (minus > 0 && power[minus - 1] <= below) --minus;
    t.log_minus_one[x] = static_cast<int16_t>(minus);
  }
  return t;
}
}  // namespace detail

inline constexpr detail::LogisticTables kLogistic = detail::make_logistic_tables();

constexpr uint32_t squash(int x) {
  return kLogistic.squash[static_cast<size_t>(std::clamp(x, -kMostStretch, kMostStretch) + kMostStretch)];
}
constexpr int16_t stretch(uint32_t p) { return kLogistic.stretch[p >> kStretchShift]; }
// ln(1 + e^x)
constexpr int softplus(int x) {
  const int size = x < 0 ? -x : x;
  return std::max(x, 0) + (size >= kMostLogarithm ? 0 : kLogistic.log_one_plus[static_cast<size_t>(size)]);
}
// -ln(1 - e^-x), x >= 0
constexpr int log_gap(int x) { return x >= kMostLogarithm ? 0 : kLogistic.log_minus_one[static_cast<size_t>(x)]; }
// The stretched probability of e^-x, x >= 0
constexpr int stretch_power(int x) {
  return x > kMostStretch ? -kMostStretch : stretch(kLogistic.power[static_cast<size_t>(x)]);
}

// A counter that is used alone: a probability in 22 bits, and how often it was updated. The n-th update (from 0) moves
// it by 1 / (n + 1.6), at least by 1 / 1024.
inline constexpr uint32_t kMostCount = 1022;
namespace detail {
constexpr std::array<uint16_t, kMostCount + 1> make_counter_rates() {
  std::array<uint16_t, kMostCount + 1> rates{};
  for (uint32_t n = 0; n < rates.size(); ++n) rates[n] = static_cast<uint16_t>(655360 / (10 * n + 16));
  return rates;
}
}  // namespace detail
inline constexpr auto kCounterRates = detail::make_counter_rates();  // units of 2^-16

inline constexpr uint32_t kPriorCount = 14;  // of counters that start from a distribution instead of from nothing
struct PlainCounter {
  uint32_t state = 1U << 31;  // probability * 2^10 + count
  uint32_t probability() const { return std::max(state >> 16, 1U); }
  void update(bool bit) {
    const uint32_t count = state & 1023;
    const auto p = static_cast<int32_t>(state >> 10);
    const int32_t target = -static_cast<int32_t>(bit) & ((1 << 22) - 1);
    const int32_t next = p + static_cast<int32_t>((int64_t{target - p} * kCounterRates[count]) >> 16);
    state = static_cast<uint32_t>(next) << 10 | (count + (count < kMostCount ? 1 : 0));
  }
};

// A counter that is mixed with others. Its rate r falls as r -= r^2 from 1/3, which is nearly 1 / (n + 3), until the
// decrement vanishes at about 1/362.
struct alignas(8) Counter {
  int32_t probability = 0;                        // units of 2^-30
  int16_t stretched = kUnknown;                   // kept here so that predictions need no table
  uint16_t rate = 43690;                          // units of 2^-17
  static constexpr int16_t kUnknown = INT16_MIN;  // saw nothing yet
};
inline constexpr int32_t kCertain = (1 << 30) - (1 << 15);

// Weights of stretched probabilities, learned by descent along the coding cost: of four counters, of what is known
// without counters, and of what was known before the first element.
inline constexpr unsigned kCounters = 4, kInputs = 8, kKnownInput = 4, kPriorInput = 5;
inline constexpr int kOneWeight = 1 << 20;
inline constexpr uint32_t kMixerRateSteps = 1300;
namespace detail {
constexpr std::array<uint16_t, kMixerRateSteps> make_mixer_rates() {
  std::array<uint16_t, kMixerRateSteps> rates{};
  for (uint32_t n = 0; n < rates.size(); ++n) rates[n] = static_cast<uint16_t>(std::max(3146U, 4194304 / (n + 100)));
  return rates;
}
}  // namespace detail
inline constexpr auto kMixerRates = detail::make_mixer_rates();  // units of 2^-21, from 0.02 down to 0.0015

struct alignas(16) Mixer {
  std::array<int32_t, kInputs> weights{};  // units of 2^-20
  uint32_t updates = 0;
  // What an outcome changes weights by, for an input of 1.
  int step(bool bit, uint32_t p) {
    const int error = ((-static_cast<int>(bit) & 65535) - static_cast<int>(p)) >> 1;
    const int by = (error * kMixerRates[updates]) >> 16;
    updates += updates + 1 < kMixerRateSteps ? 1 : 0;
    return by;
  }
};

// Weights that are added to those of a mixer, and learn half as fast.
struct alignas(16) ExtraWeights {
  std::array<int32_t, kInputs> weights{};
};

// One binary decision predicted by four counters and a known stretched probability, which stands in for counters that
// saw nothing yet.
class ScalarPrediction {
 public:
  ScalarPrediction(Counter* a, Counter* b, Counter* c, Counter* d, int16_t known, int16_t prior)
      : counters_{a, b, c, d} {
    for (unsigned i = 0; i < kCounters; ++i)
      inputs_[i] = counters_[i]->stretched == Counter::kUnknown ? known : counters_[i]->stretched;
    inputs_[kKnownInput] = known;
    inputs_[kPriorInput] = prior;
  }
  uint32_t probability(const Mixer& mixer, const ExtraWeights& extra) const {
    int sum = 0;
    for (unsigned i = 0; i < kInputs; ++i)
      sum += std::clamp(plus(mixer.weights[i], extra.weights[i]) >> 8, -32768, 32767) * inputs_[i];
    return squash(sum >> 12);
  }
  // `p`: what probability() said.
  void learn(Mixer& mixer, ExtraWeights& extra, bool bit, uint32_t p) {
    const int by = mixer.step(bit, p);
    for (unsigned i = 0; i < kInputs; ++i) {
      const int change = (by * inputs_[i] + 128) >> 8;
      mixer.weights[i] = plus(mixer.weights[i], change);
      extra.weights[i] = plus(extra.weights[i], change >> 1);
    }
    const int32_t target = bit ? kCertain : 0;
    for (Counter* counter : counters_) {
      const int32_t from =
          counter->stretched == Counter::kUnknown ? static_cast<int32_t>(p << 14) : counter->probability;
      const int32_t error = (target - from + (1 << 14)) >> 15;
      const uint32_t rate = counter->rate;
      counter->probability = from + ((error * static_cast<int32_t>(rate >> 1)) >> 1);
      counter->rate = static_cast<uint16_t>(rate - (rate * rate >> 17));
      counter->stretched = kLogistic.stretch[static_cast<size_t>(counter->probability >> (14 + kStretchShift))];
    }
  }

 private:
  static int32_t plus(int32_t a, int32_t b) {  // wraps, as registers do
    return static_cast<int32_t>(static_cast<uint32_t>(a) + static_cast<uint32_t>(b));
  }
  std::array<Counter*, kCounters> counters_;
  std::array<int16_t, kInputs> inputs_{};
};

#if defined(__SSE2__)
// The same in registers.
class RegisterPrediction {
 public:
  [[gnu::always_inline]] RegisterPrediction(Counter* a, Counter* b, Counter* c, Counter* d, int16_t known,
                                            int16_t prior)
      : counters_{a, b, c, d} {
    const auto load = [](const Counter* from) { return _mm_loadl_epi64(reinterpret_cast<const __m128i*>(from)); };
    const __m128i ab = _mm_unpacklo_epi32(load(a), load(b)), cd = _mm_unpacklo_epi32(load(c), load(d));
    probabilities_ = _mm_unpacklo_epi64(ab, cd);
    const __m128i halves = _mm_unpackhi_epi64(ab, cd);
    rates_ = _mm_srli_epi32(halves, 16);
    const __m128i stretched = _mm_srai_epi32(_mm_slli_epi32(halves, 16), 16);
    unknown_ = _mm_cmpeq_epi32(stretched, _mm_set1_epi32(Counter::kUnknown));
    const __m128i all =
        _mm_or_si128(_mm_and_si128(unknown_, _mm_set1_epi32(known)), _mm_andnot_si128(unknown_, stretched));
    const __m128i rest = _mm_cvtsi32_si128(static_cast<int>((known & 0xFFFFU) | static_cast<uint32_t>(prior) << 16));
    inputs_ = _mm_unpacklo_epi64(_mm_packs_epi32(all, all), rest);
  }
  [[gnu::always_inline]] uint32_t probability(const Mixer& mixer, const ExtraWeights& extra) const {
    const auto* w = reinterpret_cast<const __m128i*>(mixer.weights.data());
    const auto* v = reinterpret_cast<const __m128i*>(extra.weights.data());
    const __m128i low = _mm_srai_epi32(_mm_add_epi32(_mm_load_si128(w), _mm_load_si128(v)), 8);
    const __m128i high = _mm_srai_epi32(_mm_add_epi32(_mm_load_si128(w + 1), _mm_load_si128(v + 1)), 8);
    __m128i sum = _mm_madd_epi16(_mm_packs_epi32(low, high), inputs_);
    sum = _mm_add_epi32(sum, _mm_shuffle_epi32(sum, 0x4E));
    sum = _mm_add_epi32(sum, _mm_shuffle_epi32(sum, 0xB1));
    return squash(_mm_cvtsi128_si32(sum) >> 12);
  }
  // `p`: what probability() said.
  [[gnu::always_inline]] void learn(Mixer& mixer, ExtraWeights& extra, bool bit, uint32_t p) {
    auto* w = reinterpret_cast<__m128i*>(mixer.weights.data());
    const __m128i by = _mm_set1_epi16(static_cast<int16_t>(mixer.step(bit, p))), half = _mm_set1_epi32(128);
    const __m128i low = _mm_mullo_epi16(inputs_, by), high = _mm_mulhi_epi16(inputs_, by);
    const __m128i first = _mm_srai_epi32(_mm_add_epi32(_mm_unpacklo_epi16(low, high), half), 8);
    const __m128i second = _mm_srai_epi32(_mm_add_epi32(_mm_unpackhi_epi16(low, high), half), 8);
    _mm_store_si128(w, _mm_add_epi32(_mm_load_si128(w), first));
    _mm_store_si128(w + 1, _mm_add_epi32(_mm_load_si128(w + 1), second));
    auto* v = reinterpret_cast<__m128i*>(extra.weights.data());
    _mm_store_si128(v, _mm_add_epi32(_mm_load_si128(v), _mm_srai_epi32(first, 1)));
    _mm_store_si128(v + 1, _mm_add_epi32(_mm_load_si128(v + 1), _mm_srai_epi32(second, 1)));

    const __m128i target = _mm_set1_epi32(-static_cast<int32_t>(bit) & kCertain);
    const __m128i from = _mm_or_si128(_mm_and_si128(unknown_, _mm_set1_epi32(static_cast<int32_t>(p << 14))),
                                      _mm_andnot_si128(unknown_, probabilities_));
    const __m128i error = _mm_srai_epi32(_mm_add_epi32(_mm_sub_epi32(target, from), _mm_set1_epi32(1 << 14)), 15);
    const __m128i change = _mm_srai_epi32(_mm_madd_epi16(error, _mm_srli_epi32(rates_, 1)), 1);
    const __m128i to = _mm_add_epi32(from, change);
    // r -= r^2 in the low 16 bits of each lane
    const __m128i rates = _mm_sub_epi32(rates_, _mm_srli_epi32(_mm_mulhi_epu16(rates_, rates_), 1));
    const __m128i index = _mm_srli_epi32(to, 14 + kStretchShift);
    const auto at = [](int i) { return kLogistic.stretch[static_cast<size_t>(i)]; };
    __m128i stretched = _mm_slli_epi32(rates, 16);
    stretched = _mm_insert_epi16(stretched, at(_mm_extract_epi16(index, 0)), 0);
    stretched = _mm_insert_epi16(stretched, at(_mm_extract_epi16(index, 2)), 2);
    stretched = _mm_insert_epi16(stretched, at(_mm_extract_epi16(index, 4)), 4);
    stretched = _mm_insert_epi16(stretched, at(_mm_extract_epi16(index, 6)), 6);
    const __m128i ab = _mm_unpacklo_epi32(to, stretched), cd = _mm_unpackhi_epi32(to, stretched);
    _mm_storel_epi64(reinterpret_cast<__m128i*>(counters_[0]), ab);
    _mm_storel_epi64(reinterpret_cast<__m128i*>(counters_[1]), _mm_unpackhi_epi64(ab, ab));
    _mm_storel_epi64(reinterpret_cast<__m128i*>(counters_[2]), cd);
    _mm_storel_epi64(reinterpret_cast<__m128i*>(counters_[3]), _mm_unpackhi_epi64(cd, cd));
  }

 private:
  std::array<Counter*, kCounters> counters_;
  __m128i probabilities_, rates_, unknown_, inputs_;
};
using Prediction = RegisterPrediction;
#else
using Prediction = ScalarPrediction;
#endif

}  // namespace pare
