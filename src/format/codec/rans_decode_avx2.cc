// The loop of rans_decode.cc with vectors of 8 lanes.
//
// The floor is 300 M weights/s of one core for independent weights (one table); a Zen 3 core does 700 to 1200 M. What
// limits it is the gather of 8 slots, about 10 cycles on Zen 3, and the chain of multiply, refill and mask that the
// next gather of the same lanes depends on: 32 lanes overlap four chains. With contexts, neighbours and thresholds cost
// as much again, and tables of many classes (16 KiB each) come from the second-level cache.
#include "format/codec/rans_decode.h"

#if defined(__x86_64__) && defined(__GNUC__)
#define PARE_RANS_AVX2 1
#include <immintrin.h>
#endif

namespace pare {

#ifdef PARE_RANS_AVX2

#define PARE_AVX2 __attribute__((target("avx2,popcnt")))

namespace {

constexpr uint32_t kVector = 8;

// For each set of lanes that need a word: which of the next 8 words each gets.
struct WordOrder {
  alignas(64) uint8_t lanes[256][8];
};
constexpr WordOrder make_word_order() {
  WordOrder order{};
  for (unsigned set = 0; set < 256; ++set) {
    uint8_t next = 0;
    for (unsigned l = 0; l < 8; ++l) order.lanes[set][l] = set >> l & 1 ? next++ : 0;
  }
  return order;
}
constexpr WordOrder kWordOrder = make_word_order();

PARE_AVX2 inline __m256i load(const void* from) { return _mm256_loadu_si256(static_cast<const __m256i*>(from)); }
PARE_AVX2 inline void store(void* to, __m256i v) { _mm256_storeu_si256(static_cast<__m256i*>(to), v); }
// All ones in the first `count` lanes.
PARE_AVX2 inline __m256i first_lanes(uint32_t count) {
  return _mm256_cmpgt_epi32(_mm256_set1_epi32(static_cast<int>(count)), _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7));
}

// Decodes one symbol in each lane (of those in `active`, if Masked): the slot entries are returned, x and `at` move on.
template <bool Masked>
PARE_AVX2 inline __attribute__((always_inline)) __m256i step(const uint32_t* slots, __m256i table, __m256i& x,
                                                             const std::byte*& at, __m256i active) {
  const __m256i low = _mm256_and_si256(x, _mm256_set1_epi32(kRansSlots - 1));
  const __m256i slot = _mm256_i32gather_epi32(reinterpret_cast<const int*>(slots), _mm256_add_epi32(low, table), 4);
  const __m256i slots_of_symbol = _mm256_add_epi32(_mm256_srli_epi32(slot, 20), _mm256_set1_epi32(1));
  const __m256i bias = _mm256_and_si256(_mm256_srli_epi32(slot, 8), _mm256_set1_epi32(kRansSlots - 1));
  __m256i next = _mm256_add_epi32(_mm256_mullo_epi32(slots_of_symbol, _mm256_srli_epi32(x, kRansSlotBits)), bias);
  __m256i refill = _mm256_cmpeq_epi32(_mm256_srli_epi32(next, 16), _mm256_setzero_si256());
  if (Masked) refill = _mm256_and_si256(refill, active);
  const auto set = static_cast<unsigned>(_mm256_movemask_ps(_mm256_castsi256_ps(refill)));
  const __m256i words = _mm256_cvtepu16_epi32(_mm_loadu_si128(reinterpret_cast<const __m128i*>(at)));
  const __m256i order = _mm256_cvtepu8_epi32(_mm_loadl_epi64(reinterpret_cast<const __m128i*>(kWordOrder.lanes[set])));
  const __m256i refilled = _mm256_or_si256(_mm256_slli_epi32(next, 16), _mm256_permutevar8x32_epi32(words, order));
  next = _mm256_blendv_epi8(next, refilled, refill);
  at += 2 * static_cast<unsigned>(__builtin_popcount(set));
  x = Masked ? _mm256_blendv_epi8(x, next, active) : next;
  return slot;
}

template <bool Masked>
PARE_AVX2 inline unsigned escaped_lanes(__m256i slot, __m256i active) {
  __m256i escaped = _mm256_cmpeq_epi32(_mm256_and_si256(slot, _mm256_set1_epi32(255)), _mm256_set1_epi32(kRansEscape));
  if (Masked) escaped = _mm256_and_si256(escaped, active);
  return static_cast<unsigned>(_mm256_movemask_ps(_mm256_castsi256_ps(escaped)));
}

// One table for all: the tensor in steps of kVectors * 8 elements.
template <uint32_t kVectors>
PARE_AVX2 bool decode_plain(RansCoded& coded) {
  constexpr uint32_t kLanes = kVectors * kVector;
  const uint32_t* slots = coded.slots.data();
  const bool escapes = coded.recipe.escapes;
  const __m256i base = _mm256_set1_epi32(coded.recipe.lowest + coded.base);
  __m256i x[kVectors];
  for (uint32_t v = 0; v < kVectors; ++v) x[v] = load(&coded.states[v * kVector]);
  uint64_t i = 0;
  const uint64_t count = coded.out.size();
  for (; i + kLanes <= count; i += kLanes) {
    if (!coded.words.ready()) return false;
    const std::byte* at = coded.words.at;
    int32_t* out = coded.out.data() + i;
    unsigned escaped[kVectors];
#pragma GCC unroll 4
    for (uint32_t v = 0; v < kVectors; ++v) {
      const __m256i slot = step<false>(slots, _mm256_setzero_si256(), x[v], at, _mm256_setzero_si256());
      store(out + v * kVector, _mm256_add_epi32(_mm256_and_si256(slot, _mm256_set1_epi32(255)), base));
      escaped[v] = escapes ? escaped_lanes<false>(slot, slot) : 0;
    }
    coded.words.at = at;
    if (!escapes) continue;
    for (uint32_t v = 0; v < kVectors; ++v)
      for (unsigned set = escaped[v]; set != 0; set &= set - 1)
        coded.escapes.take(i + v * kVector + static_cast<unsigned>(__builtin_ctz(set)));
  }
  if (i < count) {
    if (!coded.words.ready()) return false;
    const std::byte* at = coded.words.at;
    for (uint32_t v = 0; v < kVectors && i + v * kVector < count; ++v) {
      const uint64_t first = i + v * kVector;
      const __m256i active = first_lanes(static_cast<uint32_t>(std::min<uint64_t>(kVector, count - first)));
      const __m256i slot = step<true>(slots, _mm256_setzero_si256(), x[v], at, active);
      const __m256i symbols = _mm256_add_epi32(_mm256_and_si256(slot, _mm256_set1_epi32(255)), base);
      _mm256_maskstore_epi32(coded.out.data() + first, active, symbols);
      for (unsigned set = escaped_lanes<true>(slot, active); set != 0; set &= set - 1)
        coded.escapes.take(first + static_cast<unsigned>(__builtin_ctz(set)));
    }
    coded.words.at = at;
  }
  for (uint32_t v = 0; v < kVectors; ++v) store(&coded.states[v * kVector], x[v]);
  return coded.words.ready();
}

// Weights as _mm256_madd_epi16 wants them, against rans_pack().
struct Tap {
  const int32_t* from;
  __m256i magnitude, value;
};

template <uint32_t kVectors>
struct Loop {
  static constexpr uint32_t kLanes = kVectors * kVector;
  RansCoded& coded;
  RansNeighbours neighbours;
  Tap taps[kRansMostTaps];
  size_t tap_count = 0;

  explicit Loop(RansCoded& c) : coded(c), neighbours(c.recipe, c.matrix.columns) {}

  PARE_AVX2 void aim() {
    tap_count = coded.recipe.taps.size();
    for (size_t t = 0; t < tap_count; ++t) {
      const RansTap& tap = coded.recipe.taps[t];
      taps[t] = {neighbours.neighbour(t), _mm256_set1_epi32(tap.magnitude_weight),
                 _mm256_set1_epi32(tap.value_weight * 65536)};
    }
  }

  template <bool Masked, bool Means>
  PARE_AVX2 bool group(uint64_t row) {
    const RansRecipe& r = coded.recipe;
    const uint32_t* slots = coded.slots.data();
    aim();
    const uint32_t active = coded.matrix.active(kLanes, row);
    int32_t* to = neighbours.row();
    const int32_t* column_averages = neighbours.column_averages();
    const auto& thresholds = neighbours.thresholds();
    const auto& limits = kRansMeanThresholds[r.means - 1];
    const __m256i zero = _mm256_setzero_si256();
    const __m256i lowest = _mm256_set1_epi32(r.lowest);
    const __m256i row_weight = _mm256_set1_epi32(r.row_weight);
    __m256i x[kVectors], averages[kVectors];
    for (uint32_t v = 0; v < kVectors; ++v) {
      x[v] = load(&coded.states[v * kVector]);
      averages[v] = _mm256_set1_epi32(r.missing << 8);
    }
    for (uint64_t column = 0; column < coded.matrix.columns; ++column) {
      if (!coded.words.ready()) return false;
      const std::byte* at = coded.words.at;
      const __m256i common = _mm256_set1_epi32(
          r.constant + (column_averages != nullptr ? r.column_weight * (column_averages[column] >> 8) : 0));
      const __m128i rate = _mm_cvtsi32_si128(static_cast<int>(rans_row_rate(column)));
#pragma GCC unroll 4
      for (uint32_t v = 0; v < kVectors; ++v) {
        if (Masked && v * kVector >= active) break;
        const size_t offset = column * kLanes + v * kVector;
        __m256i scale = _mm256_add_epi32(common, _mm256_mullo_epi32(row_weight, _mm256_srai_epi32(averages[v], 8)));
        __m256i mean = zero;
        for (size_t t = 0; t < tap_count; ++t) {
          const __m256i packed = load(taps[t].from + offset);
          scale = _mm256_add_epi32(scale, _mm256_madd_epi16(packed, taps[t].magnitude));
          if (Means) mean = _mm256_add_epi32(mean, _mm256_madd_epi16(packed, taps[t].value));
        }
        __m256i index = zero;  // counted downwards
        for (const int32_t threshold : thresholds)
          index = _mm256_add_epi32(index, _mm256_cmpgt_epi32(scale, _mm256_set1_epi32(threshold - 1)));
        index = _mm256_sub_epi32(zero, index);
        __m256i flip = zero;
        if (Means) {
          const __m256i distance = _mm256_slli_epi32(_mm256_abs_epi32(mean), 8);
          __m256i means = zero;
          for (unsigned i = 0; i + 1 < r.means; ++i)
            means = _mm256_sub_epi32(
                means, _mm256_cmpgt_epi32(distance, _mm256_mullo_epi32(_mm256_set1_epi32(limits[i]), scale)));
          index = _mm256_add_epi32(_mm256_mullo_epi32(index, _mm256_set1_epi32(static_cast<int>(r.means))), means);
          flip = _mm256_and_si256(_mm256_cmpgt_epi32(means, zero), _mm256_srai_epi32(mean, 31));
        }
        const __m256i mask = Masked ? first_lanes(active - v * kVector) : zero;
        const __m256i slot = step<Masked>(slots, _mm256_slli_epi32(index, kRansSlotBits), x[v], at, mask);
        __m256i symbol = _mm256_add_epi32(_mm256_and_si256(slot, _mm256_set1_epi32(255)), lowest);
        if (Means) symbol = _mm256_sub_epi32(_mm256_xor_si256(symbol, flip), flip);
        __m256i packed =
            _mm256_add_epi32(_mm256_slli_epi32(symbol, 16), _mm256_slli_epi32(_mm256_abs_epi32(symbol), 4));
        store(to + offset, packed);
        if (r.escapes) {
          unsigned set = escaped_lanes<Masked>(slot, mask);
          if (set != 0) [[unlikely]] {
            for (; set != 0; set &= set - 1) {
              const auto lane = v * kVector + static_cast<unsigned>(__builtin_ctz(set));
              to[column * kLanes + lane] = rans_pack(coded.escapes.take(coded.matrix.index(row + lane, column)));
            }
            packed = load(to + offset);
          }
        }
        const __m256i magnitude = _mm256_and_si256(packed, _mm256_set1_epi32(0xFFFF));
        averages[v] = _mm256_add_epi32(
            averages[v], _mm256_sra_epi32(_mm256_sub_epi32(_mm256_slli_epi32(magnitude, 8), averages[v]), rate));
      }
      coded.words.at = at;
    }
    for (uint32_t v = 0; v < kVectors; ++v) store(&coded.states[v * kVector], x[v]);
    return true;
  }

  template <bool Means>
  PARE_AVX2 bool run() {
    const RansMatrix& matrix = coded.matrix;
    for (uint64_t row = 0; row < matrix.rows; row += kLanes) {
      const bool full = matrix.active(kLanes, row) == kLanes;
      if (!(full ? group<false, Means>(row) : group<true, Means>(row))) return false;
      rans_store_group(coded, neighbours.row(), row);
      neighbours.next_group();
    }
    return coded.words.ready();
  }
};

template <uint32_t kVectors>
PARE_AVX2 bool decode(RansCoded& coded) {
  if (!coded.recipe.contexts) return decode_plain<kVectors>(coded);
  Loop<kVectors> loop(coded);
  return coded.recipe.means > 1 ? loop.template run<true>() : loop.template run<false>();
}

}  // namespace

bool rans_can_avx2(const RansRecipe& recipe) {
  return recipe.lanes >= kVector && __builtin_cpu_supports("avx2") && __builtin_cpu_supports("popcnt");
}

bool rans_decode_avx2(RansCoded& coded) {
  switch (coded.recipe.lanes / kVector) {
    case 1:
      return decode<1>(coded);
    case 2:
      return decode<2>(coded);
    default:
      return decode<4>(coded);
  }
}

#else

bool rans_can_avx2(const RansRecipe&) { return false; }
bool rans_decode_avx2(RansCoded& coded) { return rans_decode_scalar(coded); }

#endif

}  // namespace pare
