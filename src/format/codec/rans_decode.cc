#include "format/codec/rans_decode.h"

namespace pare {

namespace {

Status corrupt(const BitReader& bits, const char* what) { return {Code::corrupt, what, bits.position() / 8}; }

// Fits what the encoder writes; 0 (no code) becomes the largest value.
uint64_t take_count(BitReader& bits) { return bits.take_gamma() - 1; }

Status read_contexts(BitReader& bits, const TensorInfo& info, uint64_t count, RansRecipe& r) {
  const uint64_t axes = bits.take_gamma();
  if (axes == 0 || axes > std::max<size_t>(info.shape.size(), 1)) return corrupt(bits, "bad number of axes");
  r.row_axes = static_cast<unsigned>(axes);
  r.transposed = bits.take(1) == 1;
  const RansMatrix matrix(r, info.shape, count);
  if (r.lanes / 2 >= matrix.rows && r.lanes > 1) return corrupt(bits, "more lanes than rows");
  const uint32_t taps = bits.take(4);
  if (taps > kRansMostTaps) return corrupt(bits, "too many neighbours");
  for (uint32_t i = 0; i < taps; ++i) {
    RansTap tap;
    tap.above = bits.take(1) == 1;
    const uint64_t distance = bits.take_gamma() - (tap.above ? 1 : 0);
    const uint64_t columns = tap.above ? (distance >> 1) + (distance & 1) : distance;
    if (columns >= matrix.columns || columns > INT32_MAX || (columns == 0 && !tap.above))
      return corrupt(bits, "neighbour outside of the matrix");
    tap.columns = static_cast<int32_t>(tap.above ? unzigzag(distance) : static_cast<int64_t>(distance));
    tap.magnitude_weight = static_cast<int32_t>(bits.take(6));
    r.taps.push_back(tap);
  }
  r.row_weight = static_cast<int32_t>(bits.take(7));
  r.column_weight = static_cast<int32_t>(bits.take(7));
  const uint64_t constant = take_count(bits), missing = take_count(bits);
  if (constant > kRansMostConstant || missing > kRansMostMissing) return corrupt(bits, "bad prediction of the scale");
  r.constant = static_cast<int32_t>(constant);
  r.missing = static_cast<int32_t>(missing);
  const uint32_t thresholds = bits.take(4);
  for (uint64_t i = 0, at = 0; i < thresholds; ++i) {
    at = i == 0 ? bits.take(7) : at + std::min<uint64_t>(bits.take_gamma(), kRansLevelThresholds);
    if (at >= kRansLevelThresholds || (i > 0 && at == r.scale_thresholds.back()))
      return corrupt(bits, "bad threshold of the scale");
    r.scale_thresholds.push_back(static_cast<uint8_t>(at));
  }
  r.means = bits.take(2) + 1;
  if (r.means > 1)
    for (RansTap& tap : r.taps) {
      tap.value_weight = static_cast<int32_t>(bits.take(7)) - 63;
      if (tap.value_weight > 63) return corrupt(bits, "bad weight of a neighbour");
    }
  return {};
}

Status read_tables(BitReader& bits, RansRecipe& r) {
  r.unit = bits.take(4);
  if (r.unit > 8) return corrupt(bits, "bad unit of slopes");
  r.histogram = bits.take(1) == 1;
  if (r.histogram) {
    r.energy_precision = bits.take(2);
    const bool gaps = bits.take(1) == 1;
    RansNumbers numbers;
    int64_t last = 0;
    bool any = false;
    for (uint32_t i = 0; i < r.symbols(); ++i) {
      if (gaps && bits.take(1) == 0) {
        r.energies.push_back(kRansAbsent);
        continue;
      }
      any = true;
      last += numbers.take(bits);
      if (last < 0 || last > kRansMostEnergy) return corrupt(bits, "bad histogram");
      r.energies.push_back(static_cast<int32_t>(last));
    }
    if (!any) return corrupt(bits, "empty histogram");
  }
  std::array<RansNumbers, kRansSlopes> numbers;
  r.slopes.resize(r.classes());
  for (size_t c = 0; c < r.slopes.size(); ++c) {
    const size_t slopes = c % r.means == 0 ? 3 : kRansSlopes;
    for (size_t k = 0; k < slopes; ++k) {
      const int64_t slope = (c < r.means ? 0 : r.slopes[c - r.means][k]) + numbers[k].take(bits);
      if (slope < -kRansMostSlope || slope > kRansMostSlope) return corrupt(bits, "bad slope");
      r.slopes[c][k] = static_cast<int32_t>(slope);
    }
  }
  return {};
}

Status read_recipe(BitReader& bits, const TensorInfo& info, uint64_t count, RansRecipe& r) {
  const uint64_t plain = take_count(bits);
  if (plain > kRansMostPlainBits) return corrupt(bits, "too many plain bits");
  r.plain_bits = static_cast<unsigned>(plain);
  const uint64_t centre = take_count(bits);
  if (centre >> 34 != 0) return corrupt(bits, "bad centre");
  r.centre = unzigzag(centre);
  const uint64_t below = take_count(bits), above = take_count(bits);
  if (below >= kRansMostSymbols || above >= kRansMostSymbols || below + above >= kRansMostSymbols)
    return corrupt(bits, "too many symbols");
  r.lowest = -static_cast<int32_t>(below);
  r.highest = static_cast<int32_t>(above);
  r.escapes = bits.take(1) == 1;
  r.contexts = bits.take(1) == 1;
  if (r.contexts) PARE_TRY(read_contexts(bits, info, count, r));
  PARE_TRY(read_tables(bits, r));
  return bits.overrun() ? Status(Code::truncated, "rans description ends early", bits.position() / 8) : Status();
}

std::vector<uint32_t> slots_of(const RansRecipe& r) {
  std::vector<uint32_t> slots;
  slots.reserve(size_t{r.classes()} * kRansSlots);
  for (unsigned c = 0; c < r.classes(); ++c) {
    const RansFrequencies frequencies = rans_frequencies(r, c);
    for (uint32_t symbol = 0; symbol < frequencies.size(); ++symbol)
      for (uint32_t i = 0; i < frequencies[symbol]; ++i)
        slots.push_back((frequencies[symbol] - 1U) << 20 | i << 8 | symbol);
  }
  return slots;
}

// What lies between the description and the states.
struct Parts {
  std::span<const std::byte> escapes, plain, words;
};

// Levels from symbols, where they are more than a sum that cannot leave [low, high].
Status finish_levels(const TensorInfo& info, const RansCoded& coded, std::span<const std::byte> plain) {
  const RansRecipe& r = coded.recipe;
  const int64_t zero = rans_zero(info) + r.centre;
  BitReader bits(plain);
  const auto level_of = [&](size_t i, int64_t symbol, uint32_t low_bits) -> Status {
    const int64_t level = zero + (symbol << r.plain_bits) + low_bits;
    if (level < info.low || level > info.high) return {Code::corrupt, "level out of range", i};
    coded.out[i] = static_cast<int32_t>(level);
    return {};
  };
  if (coded.in_range) {  // what has slots of its own cannot leave [low, high]
    for (const auto& f : coded.escapes.found()) PARE_TRY(level_of(f.index, f.symbol, 0));
    return {};
  }
  // Escapes come in the order of the loop, which is not that of the tensor.
  std::vector<RansEscapes::Found> found = coded.escapes.found();
  std::sort(found.begin(), found.end(), [](const auto& a, const auto& b) { return a.index < b.index; });
  size_t next = 0;
  for (size_t i = 0; i < coded.out.size(); ++i) {
    const bool escaped = next < found.size() && found[next].index == i;
    const int64_t symbol = escaped ? found[next++].symbol : int64_t{coded.out[i]} - coded.base;
    PARE_TRY(level_of(i, symbol, bits.take(r.plain_bits)));
  }
  return bits.finish();
}

}  // namespace

Status rans_decode(const TensorInfo& info, std::span<const std::byte> in, std::span<int32_t> out, bool vectors) {
  if (out.empty()) return in.empty() ? Status() : Status(Code::corrupt, "bytes left over");
  BitReader bits(in);
  const uint32_t form = bits.take(3);
  if (form == kRansConstantForm) {
    const uint64_t value = take_count(bits);
    if (value >> 33 != 0) return corrupt(bits, "bad level");
    const int64_t level = rans_zero(info) + unzigzag(value);
    if (level < info.low || level > info.high) return corrupt(bits, "level out of range");
    std::fill(out.begin(), out.end(), static_cast<int32_t>(level));
    return bits.finish();
  }
  RansRecipe recipe;
  recipe.lanes = 1U << form;
  if (recipe.lanes > kRansMostLanes) return corrupt(bits, "too many lanes");
  PARE_TRY(read_recipe(bits, info, out.size(), recipe));
  const uint64_t description = (bits.position() + 7) / 8;
  if (bits.take(static_cast<unsigned>(8 * description - bits.position())) != 0)
    return corrupt(bits, "padding bits must be zero");

  ByteReader rest(in.subspan(description));
  const auto escapes = rest.bytes(recipe.escapes ? rest.varint() : 0);
  // Without overflow: more than 8 bytes per element are never there.
  const uint64_t plain_bytes = out.size() > rest.remaining() * 8 && recipe.plain_bits > 0
                                   ? UINT64_MAX
                                   : (out.size() * recipe.plain_bits + 7) / 8;
  const auto plain = rest.bytes(plain_bytes);
  std::array<uint32_t, kRansMostLanes> states{};
  for (uint32_t l = 0; l < recipe.lanes; ++l) states[l] = rest.number<uint32_t>();
  if (!rest.ok()) return {rest.status().code(), rest.status().what(), description + rest.status().at()};
  for (uint32_t l = 0; l < recipe.lanes; ++l)
    if (states[l] < kRansLowestState) return {Code::corrupt, "bad state", description + rest.position()};

  RansCoded coded{.recipe = recipe,
                  .matrix = RansMatrix(recipe, info.shape, out.size()),
                  .slots = slots_of(recipe),
                  .states = states,
                  .words = RansWords(rest.bytes(rest.remaining())),
                  .escapes = RansEscapes(escapes),
                  .out = out};
  if (recipe.escapes) PARE_TRY(coded.escapes.read());
  const int64_t zero = rans_zero(info) + recipe.centre;
  const int64_t reach = std::max(-recipe.lowest, recipe.highest);
  const int64_t lowest = zero + (recipe.means > 1 ? -reach : recipe.lowest);
  const int64_t highest = zero + (recipe.means > 1 ? reach : recipe.highest);
  if (recipe.plain_bits == 0 && lowest >= info.low && highest <= info.high) {
    coded.base = static_cast<int32_t>(zero);
    coded.in_range = true;
  }
  const bool complete = vectors && rans_can_avx2(recipe) ? rans_decode_avx2(coded) : rans_decode_scalar(coded);
  if (!complete) return {Code::truncated, "rans words end early", in.size()};
  if (!coded.words.finished()) return {Code::corrupt, "bytes left over", in.size()};
  for (uint32_t l = 0; l < recipe.lanes; ++l)
    if (coded.states[l] != kRansLowestState) return {Code::corrupt, "rans ends in a wrong state", in.size()};
  if (recipe.escapes) PARE_TRY(coded.escapes.finish());
  return finish_levels(info, coded, plain);
}

bool rans_decode_scalar(RansCoded& coded) {
  const RansRecipe& r = coded.recipe;
  const RansMatrix& matrix = coded.matrix;
  const uint32_t lanes = r.lanes;
  RansNeighbours neighbours(r, r.contexts ? matrix.columns : 0);
  std::array<RansNeighbours::Class, kRansMostLanes> classes{};
  for (uint64_t row = 0; row < matrix.rows; row += lanes) {
    const uint32_t active = matrix.active(lanes, row);
    for (uint64_t column = 0; column < matrix.columns; ++column) {
      if (!coded.words.ready()) return false;
      if (r.contexts) neighbours.classify(column, classes.data());
      for (uint32_t l = 0; l < active; ++l) {
        uint32_t& x = coded.states[l];
        const uint32_t slot = coded.slots[classes[l].index * kRansSlots + x % kRansSlots];
        x = ((slot >> 20) + 1) * (x >> kRansSlotBits) + (slot >> 8 & (kRansSlots - 1));
        if (x < kRansLowestState) {
          uint16_t word = 0;
          std::memcpy(&word, coded.words.at, 2);
          coded.words.at += 2;
          x = x << 16 | word;
        }
        int64_t symbol = r.lowest + static_cast<int32_t>(slot & 255);
        if (classes[l].flipped) symbol = -symbol;
        if ((slot & 255) == kRansEscape) symbol = coded.escapes.take(matrix.index(row + l, column));
        if (r.contexts) {
          neighbours.set(column, l, symbol);
        } else {
          coded.out[row + l] = coded.written(symbol);
        }
      }
    }
    if (!r.contexts) continue;
    rans_store_group(coded, neighbours.row(), row);
    neighbours.next_group();
  }
  return coded.words.ready();
}

void rans_store_group(RansCoded& coded, const int32_t* from, uint64_t row) {
  const RansMatrix& matrix = coded.matrix;
  const uint32_t lanes = coded.recipe.lanes;
  constexpr uint64_t kBlock = 64;  // columns whose symbols stay in the cache while all their lanes are written
  const uint32_t active = matrix.active(lanes, row);
  for (uint64_t first = 0; first < matrix.columns; first += kBlock) {
    const uint64_t last = std::min(first + kBlock, matrix.columns);
    if (matrix.transposed) {
      for (uint64_t c = first; c < last; ++c)
        for (uint32_t l = 0; l < active; ++l)
          coded.out[c * matrix.rows + row + l] = coded.written(rans_packed_value(from[c * lanes + l]));
    } else {
      for (uint32_t l = 0; l < active; ++l)
        for (uint64_t c = first; c < last; ++c)
          coded.out[(row + l) * matrix.columns + c] = coded.written(rans_packed_value(from[c * lanes + l]));
    }
  }
}

namespace {

Status levels(const TensorInfo& info, std::span<const std::byte> in, std::span<int32_t> out) {
  return rans_decode(info, in, out, true);
}

}  // namespace

extern const Decoder decoder_rans;
const Decoder decoder_rans = {.id = 5, .name = "rans", .levels = levels, .bytes = nullptr};

}  // namespace pare
