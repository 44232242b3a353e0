#include <cmath>
#include <memory>

#include "format/codec/rans_fit_encode.h"
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
  symbols.values.resize(levels.size());
  if (!has_outside) {
    const int64_t zero = rans_zero(info) + r.centre;
    for (size_t i = 0; i < levels.size(); ++i)
      symbols.values[i] = static_cast<int16_t>((levels[i] - zero) >> r.plain_bits);
    return symbols;
  }
  for (size_t i = 0; i < levels.size(); ++i) {
    const int64_t s = symbol_of(info, r, levels[i]);
    symbols.values[i] = static_cast<int16_t>(std::clamp<int64_t>(s, INT16_MIN, INT16_MAX));
    if (s < r.lowest || s > r.highest) symbols.outside.push_back(s);
  }
  return symbols;
}

RansPlan plan(const TensorInfo& info, std::span<const int32_t> levels, RansSymbols& symbols) {
  RansRecipe r;
  const bool has_outside = choose_window(info, levels, r);
  symbols = symbols_of(info, r, levels, has_outside);
  return rans_plan(symbols, r);
}

// One symbol of one class, ready to be pushed: with q = x / slots, x becomes x + q * (4096 - slots) + start.
struct Push {
  uint64_t reciprocal = 0;  // of slots, in 1/2^64, rounded up
  uint64_t limit = 0;       // states from here on give a word first
  uint32_t start = 0, rest = 0;
};

std::vector<Push> pushes_of(const RansRecipe& r) {
  std::vector<Push> pushes(size_t{r.classes()} * 256);
  for (unsigned c = 0; c < r.classes(); ++c) {
    const RansFrequencies frequencies = rans_frequencies(r, c);
    uint32_t start = 0;
    for (uint32_t i = 0; i < frequencies.size(); ++i) {
      const uint32_t slots = frequencies[i];
      if (slots == 0) continue;
      Push& p = pushes[c * 256 + i];
      p.limit = uint64_t{slots} << (32 - kRansSlotBits);
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

// Pushes symbols last to first; words come out in the reverse order of reading.
class Stack {
 public:
  explicit Stack(size_t most_words) : words_(new uint16_t[most_words + 1]), end_(words_.get() + most_words), at_(end_) {
    *end_ = 0;  // push() may read it
    states_.fill(kRansLowestState);
  }
  void push(uint32_t lane, const Push& p) {
    uint32_t x = states_[lane];
    const bool full = x >= p.limit;
    at_ -= full;
    *at_ = full ? static_cast<uint16_t>(x) : *at_;
    x = full ? x >> 16 : x;
    const auto q = static_cast<uint32_t>(static_cast<unsigned __int128>(p.reciprocal) * x >> 64);
    states_[lane] = x + q * p.rest + p.start;
  }
  const std::array<uint32_t, kRansMostLanes>& states() const { return states_; }
  std::span<const std::byte> words() const { return std::as_bytes(std::span<const uint16_t>(at_, end_)); }

 private:
  std::unique_ptr<uint16_t[]> words_;
  uint16_t *end_, *at_;
  std::array<uint32_t, kRansMostLanes> states_;
};

// Class * 256 + index of the slots of each element, in the order of the decoder, and the symbols that were escaped.
struct Order {
  std::vector<uint16_t> slots;
  std::vector<uint32_t> escaped;
};
Order order_of(const TensorInfo& info, const RansRecipe& r, const RansMatrix& matrix, const RansSymbols& symbols,
               const std::vector<Push>& pushes, std::span<const int32_t> levels) {
  Order order;
  order.slots.resize(symbols.values.size());
  size_t next = 0;
  const auto add = [&](uint64_t at, RansNeighbours::Class c) {
    const int32_t symbol = c.flipped ? -symbols.values[at] : symbols.values[at];
    uint32_t i = symbol < r.lowest || symbol > r.highest ? kRansEscape : static_cast<uint32_t>(symbol - r.lowest);
    if (i == kRansEscape || pushes[c.index * 256U + i].limit == 0) {
      i = kRansEscape;
      order.escaped.push_back(static_cast<uint32_t>(zigzag(symbol_of(info, r, levels[at]))));
    }
    order.slots[next++] = static_cast<uint16_t>(c.index * 256U + i);
  };
  if (!r.contexts) {
    if (r.escapes) {
      for (size_t i = 0; i < levels.size(); ++i) add(i, {0, false});
    } else {
      for (size_t i = 0; i < levels.size(); ++i) order.slots[i] = static_cast<uint16_t>(symbols.values[i] - r.lowest);
    }
    return order;
  }
  RansNeighbours neighbours(r, matrix.columns);
  std::array<RansNeighbours::Class, kRansMostLanes> classes{};
  for (uint64_t row = 0; row < matrix.rows; row += r.lanes) {
    const uint32_t active = matrix.active(r.lanes, row);
    for (uint64_t column = 0; column < matrix.columns; ++column) {
      neighbours.classify(column, classes.data());
      for (uint32_t l = 0; l < active; ++l) {
        const uint64_t at = matrix.index(row + l, column);
        add(at, classes[l]);
        neighbours.set(column, l, symbols.values[at]);
      }
    }
    neighbours.next_group();
  }
  return order;
}

Stack push_all(const RansRecipe& r, const RansMatrix& matrix, const std::vector<Push>& pushes,
               std::span<const uint16_t> order) {
  Stack stack(order.size());
  size_t left = order.size();
  const uint64_t groups = (matrix.rows + r.lanes - 1) / r.lanes;
  for (uint64_t group = groups; group-- > 0;) {
    const uint32_t active = matrix.active(r.lanes, group * r.lanes);
    for (uint64_t column = matrix.columns; column-- > 0;)
      for (uint32_t l = active; l-- > 0;) stack.push(l, pushes[order[--left]]);
  }
  return stack;
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
  const RansPlan p = plan(info, levels, symbols);
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
  const std::vector<Push> pushes = pushes_of(r);
  const Order order = order_of(info, r, matrix, symbols, pushes, levels);
  const Stack stack = push_all(r, matrix, pushes, order.slots);

  ByteWriter bytes(out);
  if (r.escapes) {
    Histogram histogram;
    for (const uint32_t v : order.escaped) histogram.add(v);
    const ValueEncoder code(histogram);
    std::vector<std::byte> escaped;
    BitWriter escapes(escaped);
    code.write_description(escapes);
    for (const uint32_t v : order.escaped) code.write(escapes, v);
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
  for (uint32_t l = 0; l < r.lanes; ++l) bytes.number(stack.states()[l]);
  bytes.bytes(stack.words());
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
