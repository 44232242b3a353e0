#include <cmath>
#include <memory>

#include "format/codec/rans_fit_encode.h"
#include "format/codec/rans_matrix.h"
#include "format/codec/value_code_encode.h"

namespace pare {

namespace {

bool supports(const TensorInfo& info) { return info.payload == Payload::levels; }

bool all_equal(std::span<const int32_t> levels) {
  return std::all_of(levels.begin(), levels.end(), [&](int32_t l) { return l == levels[0]; });
}

int64_t symbol_of(const TensorInfo& info, const RansRecipe& r, int32_t level) {
  return (level - rans_zero(info) - r.centre) >> r.plain_bits;
}

// Entropy of the symbols, plus their plain bits, plus a guess for those that need an escape.
double window_bits(const TensorInfo& info, const RansRecipe& r, std::span<const int32_t> levels) {
  std::array<double, 256> counts{};
  double bits = static_cast<double>(levels.size()) * r.plain_bits;
  for (const int32_t level : levels) {
    const int64_t s = symbol_of(info, r, level);
    if (s < r.lowest || s > r.highest) {
      bits += static_cast<double>(std::bit_width(zigzag(s))) + 4;
      ++counts[kRansEscape];
    } else {
      ++counts[static_cast<size_t>(s - r.lowest)];
    }
  }
  for (const double c : counts)
    if (c > 0) bits += c * (std::log2(static_cast<double>(levels.size())) - std::log2(c));
  return bits;
}

// Which levels get symbols, and how many bits of each stay plain. True if some levels are outside.
bool choose_window(const TensorInfo& info, std::span<const int32_t> levels, RansRecipe& r) {
  int32_t least = INT32_MAX, most = INT32_MIN;
  for (const int32_t level : levels) {
    least = std::min(least, level);
    most = std::max(most, level);
  }
  int64_t low = least, high = most;
  const int64_t zero = rans_zero(info);
  constexpr int64_t kReach = kRansMostSymbols - 1;
  // 0 is one of the symbols; where the levels lie too far from it, it moves.
  if (zero < low - kReach / 4 || zero > high + kReach / 4) r.centre = low - zero;
  low -= zero + r.centre;
  high -= zero + r.centre;
  const auto aim = [&](unsigned plain_bits) {
    r.plain_bits = plain_bits;
    const int64_t from = std::min<int64_t>(low >> plain_bits, 0), to = std::max<int64_t>(high >> plain_bits, 0);
    r.lowest = static_cast<int32_t>(std::max(from, to <= kReach / 2 ? to - kReach : -kReach / 2));
    r.lowest = static_cast<int32_t>(std::min<int64_t>(0, std::max<int64_t>(r.lowest, -kReach)));
    r.highest = static_cast<int32_t>(std::min<int64_t>(to, r.lowest + kReach));
    return from >= r.lowest && to <= r.highest;
  };
  unsigned plain_bits = 0;
  while (!aim(plain_bits)) ++plain_bits;
  double best = plain_bits == 0 ? 0 : window_bits(info, r, levels);
  const auto fits = [&](unsigned p) { return zigzag(low >> p) <= UINT32_MAX && zigzag(high >> p) <= UINT32_MAX; };
  while (plain_bits > 0 && fits(plain_bits - 1)) {  // fewer plain bits, as long as escapes are cheaper
    aim(plain_bits - 1);
    const double bits = window_bits(info, r, levels);
    if (bits >= best) break;
    best = bits;
    --plain_bits;
  }
  return !aim(plain_bits);
}

RansSymbols symbols_of(const TensorInfo& info, const RansRecipe& r, std::span<const int32_t> levels, bool has_outside) {
  RansSymbols symbols;
  symbols.shape = info.shape;
  symbols.storage = std::make_unique_for_overwrite<int16_t[]>(levels.size());
  int16_t* const values = symbols.storage.get();
  symbols.values = {values, levels.size()};
  if (!has_outside) {
    const int64_t zero = rans_zero(info) + r.centre;
    for (size_t i = 0; i < levels.size(); ++i) values[i] = static_cast<int16_t>((levels[i] - zero) >> r.plain_bits);
    return symbols;
  }
  for (size_t i = 0; i < levels.size(); ++i) {
    const int64_t s = symbol_of(info, r, levels[i]);
    values[i] = static_cast<int16_t>(std::clamp<int64_t>(s, -kRansFarthest, kRansFarthest));
    if (s < r.lowest || s > r.highest) symbols.outside.push_back(s);
  }
  return symbols;
}

RansFitted plan(const TensorInfo& info, std::span<const int32_t> levels, RansSymbols& symbols) {
  RansRecipe r;
  const bool has_outside = choose_window(info, levels, r);
  symbols = symbols_of(info, r, levels, has_outside);
  return rans_plan(symbols, r);
}

// One symbol of one class, ready to be pushed: with q = x / slots, x becomes x + q * (4096 - slots) + start.
struct Push {
  uint64_t reciprocal = 0;  // of slots, in 1/2^64, rounded up
  uint32_t start = 0, rest = kRansSlots;

  bool possible() const { return rest < kRansSlots; }
};

// Of each class, by the index in its frequencies.
using ClassPushes = std::array<Push, kRansMostSymbols + 1>;
std::vector<ClassPushes> pushes_of(const RansRecipe& r) {
  std::vector<ClassPushes> pushes(r.classes());
  for (unsigned c = 0; c < r.classes(); ++c) {
    const RansFrequencies frequencies = rans_frequencies(r, c);
    uint32_t start = 0;
    for (uint32_t i = 0; i < frequencies.size(); ++i) {
      const uint32_t slots = frequencies[i];
      if (slots == 0) continue;
      Push& p = pushes[c][i];
      p.rest = kRansSlots - slots;
      p.start = start;
      p.reciprocal = UINT64_MAX / slots + 1;
      if (slots == 1) {  // 2^64 does not fit: the quotient becomes x - 1, which `start` makes up for
        p.reciprocal = UINT64_MAX;
        p.start = start + p.rest;
      }
      start += slots;
    }
  }
  return pushes;
}

uint32_t index_of(const RansRecipe& r, const ClassPushes& pushes, int32_t symbol) {
  if (symbol < r.lowest || symbol > r.highest) return kRansEscape;
  const auto i = static_cast<uint32_t>(symbol - r.lowest);
  return pushes[i].possible() ? i : kRansEscape;
}

struct Coded {
  std::unique_ptr<uint16_t[]> storage;
  std::span<const uint16_t> words;
  std::array<uint32_t, kRansMostLanes> states{};
  std::vector<uint32_t> escaped;  // zigzag of the symbols that were escaped, in the order of the decoder
};

// Pushes the elements, last to first in the order of the decoder; push_of(i) is that of the i-th.
template <class PushOf>
void push_all(const RansRecipe& r, const RansMatrix& matrix, Coded& coded, PushOf push_of) {
  const uint64_t count = matrix.rows * matrix.columns;
  // At most a word for each element, and one that is written before it is known not to be needed.
  coded.storage = std::make_unique_for_overwrite<uint16_t[]>(count + 1);
  uint16_t* const end = coded.storage.get() + count + 1;
  uint16_t* word = end;
  std::array<uint32_t, kRansMostLanes> states;
  states.fill(kRansLowestState);
  uint64_t left = count;
  for (uint64_t group = (matrix.rows + r.lanes - 1) / r.lanes; group-- > 0;) {
    const uint32_t active = matrix.active(r.lanes, group * r.lanes);
    for (uint64_t column = matrix.columns; column-- > 0;)
      for (uint32_t l = active; l-- > 0;) {
        const Push& p = push_of(--left);
        uint32_t x = states[l];
        const unsigned full = (x >> (32 - kRansSlotBits)) + p.rest >= kRansSlots ? 1 : 0;
        word[-1] = static_cast<uint16_t>(x);
        word -= full;
        x >>= 16 * full;
        const auto q = static_cast<uint32_t>(static_cast<unsigned __int128>(p.reciprocal) * x >> 64);
        states[l] = x + q * p.rest + p.start;
      }
  }
  coded.words = {word, end};
  coded.states = states;
}

// Without contexts: one table, by symbol.
Coded code_plain(const TensorInfo& info, const RansRecipe& r, const RansMatrix& matrix, const RansSymbols& symbols,
                 std::span<const int32_t> levels) {
  Coded coded;
  const ClassPushes pushes = pushes_of(r)[0];
  std::array<Push, 2 * kRansFarthest + 1> by_symbol;
  int32_t first = 0, last = 0;  // all in between have slots
  for (int32_t s = -kRansFarthest; s <= kRansFarthest; ++s)
    by_symbol[static_cast<size_t>(s + kRansFarthest)] = pushes[index_of(r, pushes, s)];
  if (r.escapes) {
    while (index_of(r, pushes, first - 1) != kRansEscape) --first;
    while (index_of(r, pushes, last + 1) != kRansEscape) ++last;
    constexpr size_t kBlock = 64;  // elements in which an escape is looked for with vectors
    for (size_t block = 0; block < levels.size(); block += kBlock) {
      const auto values = symbols.values.subspan(block, std::min(kBlock, levels.size() - block));
      uint16_t outside = 0;
      for (const int16_t v : values) outside |= static_cast<uint16_t>((v < first ? 1 : 0) | (v > last ? 1 : 0));
      if (outside == 0) continue;
      for (size_t i = 0; i < values.size(); ++i)
        if (index_of(r, pushes, values[i]) == kRansEscape)
          coded.escaped.push_back(static_cast<uint32_t>(zigzag(symbol_of(info, r, levels[block + i]))));
    }
  }
  const Push* const zero = &by_symbol[kRansFarthest];
  push_all(r, matrix, coded, [&](uint64_t i) -> const Push& { return zero[symbols.values[i]]; });
  return coded;
}

Coded code_contexts(const TensorInfo& info, const RansRecipe& r, const RansMatrix& matrix, const RansSymbols& symbols,
                    std::span<const int32_t> levels) {
  Coded coded;
  const std::vector<ClassPushes> pushes = pushes_of(r);
  const auto order = std::make_unique_for_overwrite<uint16_t[]>(levels.size());  // class * 256 + index
  size_t next = 0;
  RansNeighbours neighbours(r, matrix.columns);
  std::array<RansNeighbours::Class, kRansMostLanes> classes{};
  for (uint64_t row = 0; row < matrix.rows; row += r.lanes) {
    const uint32_t active = matrix.active(r.lanes, row);
    for (uint64_t column = 0; column < matrix.columns; ++column) {
      neighbours.classify(column, classes.data());
      for (uint32_t l = 0; l < active; ++l) {
        const uint64_t at = matrix.index(row + l, column);
        const int32_t symbol = symbols.values[at];
        const auto [c, flipped] = classes[l];
        const uint32_t i = index_of(r, pushes[c], flipped ? -symbol : symbol);
        if (i == kRansEscape) coded.escaped.push_back(static_cast<uint32_t>(zigzag(symbol_of(info, r, levels[at]))));
        order[next++] = static_cast<uint16_t>(c * 256U + i);
        neighbours.set(column, l, symbol);
      }
    }
    neighbours.next_group();
  }
  push_all(r, matrix, coded, [&](uint64_t i) -> const Push& { return pushes[order[i] / 256][order[i] % 256]; });
  return coded;
}

void write_constant(const TensorInfo& info, int32_t level, BitWriter& bits) {
  bits.put(kRansConstantForm, 3);
  bits.put_gamma(zigzag(level - rans_zero(info)) + 1);
  bits.finish();
}

uint64_t estimate_bits(const TensorInfo& info, std::span<const int32_t> levels, std::span<const std::byte>) {
  if (levels.empty()) return 0;
  if (all_equal(levels)) {
    std::vector<std::byte> bytes;
    BitWriter bits(bytes);
    write_constant(info, levels[0], bits);
    return 8 * bytes.size();
  }
  RansSymbols symbols;
  const RansFitted p = plan(info, levels, symbols);
  // A state holds 16 bits of what it codes; the last word of each lane is half used on average.
  const uint64_t lanes = p.recipe.lanes;
  return static_cast<uint64_t>(std::llround(p.bits)) + lanes * 24 + (p.recipe.escapes ? 8 : 0) +
         levels.size() * p.recipe.plain_bits;
}

void encode(const TensorInfo& info, std::span<const int32_t> levels, std::span<const std::byte>,
            std::vector<std::byte>& out) {
  if (levels.empty()) return;
  BitWriter bits(out);
  if (all_equal(levels)) {
    write_constant(info, levels[0], bits);
    return;
  }
  RansSymbols symbols;
  const RansRecipe r = plan(info, levels, symbols).recipe;
  rans_write_recipe(bits, r);
  bits.finish();

  const RansMatrix matrix(r, info.shape, levels.size());
  const Coded coded =
      r.contexts ? code_contexts(info, r, matrix, symbols, levels) : code_plain(info, r, matrix, symbols, levels);

  ByteWriter bytes(out);
  if (r.escapes) {
    Histogram histogram;
    for (const uint32_t v : coded.escaped) histogram.add(v);
    const ValueEncoder code(histogram);
    std::vector<std::byte> escaped;
    BitWriter escapes(escaped);
    code.write_description(escapes);
    for (const uint32_t v : coded.escaped) code.write(escapes, v);
    escapes.finish();
    bytes.varint(escaped.size());
    bytes.bytes(escaped);
  }
  if (r.plain_bits > 0) {
    BitWriter plain(out);
    for (const int32_t level : levels)
      plain.put(static_cast<uint32_t>(level - rans_zero(info) - r.centre), r.plain_bits);
    plain.finish();
  }
  for (uint32_t l = 0; l < r.lanes; ++l) bytes.number(coded.states[l]);
  bytes.bytes(std::as_bytes(coded.words));
}

}  // namespace

extern const Encoder encoder_rans;
const Encoder encoder_rans = {
    .id = 5,
    .name = "rans",
    .summary = "interleaved rANS over static tables, one for each class of an element's neighbourhood",
    .supports = supports,
    .estimate_bits = estimate_bits,
    .encode = encode,
};

}  // namespace pare
