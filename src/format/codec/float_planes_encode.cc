#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <optional>

#include "format/codec/float_planes.h"
#include "format/codec/symbol_rans_encode.h"

namespace pare {

namespace {

using Bytes = std::span<const std::byte>;
constexpr unsigned kMostTop = 3;
constexpr size_t kMostEntries = 256;

template <class Word>
Word load(Bytes bytes, size_t i) {
  Word word;
  std::memcpy(&word, bytes.data() + i * sizeof(Word), sizeof(Word));
  return word;
}
template <class Word>
uint32_t head_of(Word word, FloatCut cut) {
  return static_cast<uint32_t>(static_cast<Word>(word << 1) >> (cut.low_bits + 1));
}

// Which heads have symbols of their own.
struct Window {
  unsigned top = 0;
  uint32_t base = 0, size = 0;
  uint64_t bits = ~uint64_t{0};  // about what all elements take, but for planes that need less than they hold
};

// Counts of heads from `base` on, none of the first and last 0.
struct HeadCounts {
  uint32_t base = 0;
  std::vector<uint32_t> counts;

  void trim() {
    size_t low = 0, high = counts.size();
    while (low < high && counts[low] == 0) ++low;
    while (high > low && counts[high - 1] == 0) --high;
    base += static_cast<uint32_t>(low);
    counts.erase(counts.begin() + static_cast<std::ptrdiff_t>(high), counts.end());
    counts.erase(counts.begin(), counts.begin() + static_cast<std::ptrdiff_t>(low));
  }
  void drop_lowest_bit() {
    std::vector<uint32_t> half((base + counts.size() + 1) / 2 - base / 2);
    for (size_t h = 0; h < counts.size(); ++h) half[(base + h) / 2 - base / 2] += counts[h];
    counts = std::move(half);
    base /= 2;
  }
};

// Symbols at the ends of the range are worth their place in the table only when they occur often enough.
Window best_window(const HeadCounts& heads, uint64_t total, unsigned top, unsigned low_bits) {
  constexpr uint64_t kBitsPerSymbol = 6, kBitsPerEscape = 28;
  constexpr size_t kMostHeads = SymbolRans::kMostSymbols - 2;
  const std::vector<uint32_t>& counts = heads.counts;
  size_t low = 0, high = counts.size();
  uint64_t escapes = 0;
  const auto cut_end = [&](bool at_low) {  // where that saves most
    int64_t saved = 0, best = 0;
    size_t best_cut = 0;
    uint64_t cut = 0, best_escapes = 0;
    for (size_t k = 1; k < high - low; ++k) {
      const uint32_t c = counts[at_low ? low + k - 1 : high - k];
      cut += c;
      saved += static_cast<int64_t>(c == 0 ? 1 : kBitsPerSymbol) - static_cast<int64_t>(c * kBitsPerEscape);
      if (saved > best) best = saved, best_cut = k, best_escapes = cut;
    }
    (at_low ? low : high) += at_low ? best_cut : -best_cut;
    escapes += best_escapes;
  };
  cut_end(true);
  cut_end(false);
  while (high - low > kMostHeads)  // too wide all the same: give up the end that occurs less
    escapes += counts[low] <= counts[high - 1] ? counts[low++] : counts[--high];
  const auto kept = std::span(counts).subspan(low, high - low);
  const auto present =
      static_cast<uint64_t>(std::count_if(kept.begin(), kept.end(), [](uint32_t c) { return c != 0; }));
  return {.top = top,
          .base = heads.base + static_cast<uint32_t>(low),
          .size = static_cast<uint32_t>(high - low),
          .bits = entropy_bits(kept) + escapes * kBitsPerEscape + kBitsPerSymbol * present + total * (low_bits + 1)};
}

struct Plane {
  PlaneMode mode = PlaneMode::stored;
  unsigned bits = 8;
  uint8_t constant = 0;
  std::vector<uint8_t> values;
  SymbolEncoder code;

  void choose() {
    if (values.empty()) return;
    const auto counts = count_symbols(values);
    if (counts[values[0]] == values.size()) {
      mode = PlaneMode::constant;
      constant = values[0];
      return;
    }
    const uint64_t stored = uint64_t{8} * packed_size(values.size(), bits);
    const auto pays = [&](uint64_t coded) { return coded + coded / 64 < stored; };  // else not worth the time
    constexpr uint64_t kBitsPerSymbol = 3, kBitsAtLeast = 64;                       // of a table and a state
    const auto present = static_cast<uint64_t>(256 - std::count(counts.begin(), counts.end(), 0U));
    if (!pays(entropy_bits(counts) + kBitsPerSymbol * present + kBitsAtLeast)) return;
    code = SymbolEncoder(values, false);
    if (pays(code.bits())) mode = PlaneMode::coded;
  }
  uint64_t description_bits() const { return 2 + (mode == PlaneMode::constant ? 8 : 0); }
  uint64_t coded_bits() const {
    switch (mode) {
      case PlaneMode::stored:
        return uint64_t{8} * packed_size(values.size(), bits);
      case PlaneMode::coded:
        return code.bits();
      default:
        return 0;
    }
  }
};

struct Plan {
  FloatKind kind = FloatKind::raw;
  uint64_t bits = 0;
  // planes and table
  std::vector<uint8_t> symbols;
  SymbolEncoder code;
  // planes
  unsigned top = 0;
  bool sparse = false;
  uint32_t base = 0;
  std::vector<uint16_t> escapes;
  std::vector<Plane> planes;
  // table
  std::vector<std::byte> entries;
};

// Elements by number in the table of all that occur, in order of magnitude, so that the symbol before says how large
// the next is; nothing where there are too many.
template <class Word>
std::optional<Plan> plan_table(Bytes bytes, size_t count) {
  constexpr size_t kSlots = 1024;  // open addressing
  const auto key_of = [](Word w) { return static_cast<Word>(w << 1 | w >> (8 * sizeof(Word) - 1)); };
  const auto slot_of = [](Word w) { return static_cast<size_t>((uint64_t{w} * 0x9E3779B97F4A7C15U) >> 54); };
  std::array<Word, kSlots> held{};
  std::array<uint16_t, kSlots> number{};  // 0: free
  std::vector<Word> words;
  for (size_t i = 0; i < count; ++i) {
    const Word w = load<Word>(bytes, i);
    size_t slot = slot_of(w);
    while (number[slot] != 0 && held[slot] != w) slot = (slot + 1) % kSlots;
    if (number[slot] != 0) continue;
    if (words.size() == kMostEntries || 2 * words.size() > count + 2) return {};
    words.push_back(w);
    held[slot] = w;
    number[slot] = 1;
  }
  std::sort(words.begin(), words.end(), [&](Word a, Word b) { return key_of(a) < key_of(b); });
  for (size_t k = 0; k < words.size(); ++k) {
    size_t slot = slot_of(words[k]);
    while (held[slot] != words[k] || number[slot] == 0) slot = (slot + 1) % kSlots;
    number[slot] = static_cast<uint16_t>(k + 1);
  }
  Plan p;
  p.kind = FloatKind::table;
  p.symbols.resize(count);
  for (size_t i = 0; i < count; ++i) {
    const Word w = load<Word>(bytes, i);
    size_t slot = slot_of(w);
    while (held[slot] != w || number[slot] == 0) slot = (slot + 1) % kSlots;
    p.symbols[i] = static_cast<uint8_t>(number[slot] - 1);
  }
  const auto raw = std::as_bytes(std::span(words));
  p.entries.assign(raw.begin(), raw.end());
  p.code = SymbolEncoder(p.symbols, true);
  p.bits = 2 + 8 + p.code.bits() + 8 * p.entries.size();
  return p;
}

template <class Word>
Plan plan_planes(FloatLayout layout, Bytes bytes, size_t count) {
  const FloatCut finest(layout, kMostTop);
  HeadCounts heads;
  heads.counts.resize(size_t{1} << finest.head_bits);
  size_t zeros = 0;
  for (size_t i = 0; i < count; ++i) {
    const Word w = load<Word>(bytes, i);
    zeros += w == 0;
    ++heads.counts[head_of(w, finest)];
  }
  Plan p;
  p.kind = FloatKind::planes;
  p.sparse = zeros > 0 && zeros >= count / 64;
  if (p.sparse) heads.counts[0] -= static_cast<uint32_t>(zeros);
  heads.trim();
  Window window;
  for (unsigned top = kMostTop + 1; top-- > 0; heads.drop_lowest_bit()) {
    const Window w = best_window(heads, count - (p.sparse ? zeros : 0), top, layout.mantissa - top);
    if (w.bits < window.bits) window = w;
  }
  p.top = window.top;
  p.base = window.base;
  const FloatCut cut(layout, p.top);
  const uint32_t first = p.sparse ? 2 : 1;
  p.symbols.resize(count);
  for (size_t i = 0; i < count; ++i) {
    const Word w = load<Word>(bytes, i);
    const uint32_t offset = head_of(w, cut) - p.base;
    const uint32_t symbol = offset < window.size ? offset + first : 0;
    p.symbols[i] = static_cast<uint8_t>(p.sparse && w == 0 ? 1 : symbol);
  }
  if (std::find(p.symbols.begin(), p.symbols.end(), uint8_t{0}) != p.symbols.end())
    for (size_t i = 0; i < count; ++i)
      if (p.symbols[i] == 0) p.escapes.push_back(static_cast<uint16_t>(head_of(load<Word>(bytes, i), cut)));
  p.code = SymbolEncoder(p.symbols, true);

  std::vector<std::byte> dense;
  if (p.sparse) {
    dense.reserve((count - zeros) * sizeof(Word));
    for (size_t i = 0; i < count; ++i) {
      if (p.symbols[i] == 1) continue;
      const auto element = bytes.subspan(i * sizeof(Word), sizeof(Word));
      dense.insert(dense.end(), element.begin(), element.end());
    }
    bytes = dense;
    count = dense.size() / sizeof(Word);
  }
  p.bits = 2 + 2 + 1 + cut.head_bits + gamma_bits(p.escapes.size() + 1) + 16 * p.escapes.size() + p.code.bits();
  p.planes.resize(cut.planes);
  const Word low_mask = static_cast<Word>((Word{1} << cut.low_bits) - 1);
  for (unsigned i = 0; i < cut.planes; ++i) {
    Plane& plane = p.planes[i];
    plane.bits = cut.bits_of(i);
    plane.values.resize(count);
    for (size_t k = 0; k < count; ++k) {
      const Word w = load<Word>(bytes, k);
      const Word rest =
          static_cast<Word>((w & low_mask) | static_cast<Word>((w >> (8 * sizeof(Word) - 1)) << cut.low_bits));
      plane.values[k] = static_cast<uint8_t>(rest >> (8 * i));
    }
    plane.choose();
    p.bits += plane.description_bits() + plane.coded_bits();
  }
  return p;
}

template <class Word>
Plan plan_words(FloatLayout layout, Bytes bytes) {
  Plan best;
  best.bits = 8 + uint64_t{8} * bytes.size();
  const size_t count = bytes.size() / sizeof(Word);
  if (count == 0) return best;
  if (auto table = plan_table<Word>(bytes, count); table && table->bits + 8 < best.bits) best = std::move(*table);
  if (Plan planes = plan_planes<Word>(layout, bytes, count); planes.bits + 8 < best.bits) best = std::move(planes);
  return best;
}

Plan plan(const TensorInfo& info, Bytes bytes) {
  const FloatLayout layout = float_layout(info.dtype);
  switch (layout.bytes) {
    case 2:
      return plan_words<uint16_t>(layout, bytes);
    case 4:
      return plan_words<uint32_t>(layout, bytes);
    default:
      return plan_words<uint64_t>(layout, bytes);
  }
}

void pack(std::span<const uint8_t> values, unsigned bits, std::vector<std::byte>& out) {
  size_t at = out.size();
  out.resize(at + packed_size(values.size(), bits));
  if (bits == 8) {
    if (!values.empty()) std::memcpy(out.data() + at, values.data(), values.size());
    return;
  }
  for (size_t i = 0; i < values.size(); i += 8, at += bits) {
    uint64_t group = 0;
    for (size_t k = 0; k < std::min<size_t>(8, values.size() - i); ++k) group |= uint64_t{values[i + k]} << (k * bits);
    std::memcpy(out.data() + at, &group, std::min<size_t>(bits, out.size() - at));
  }
}

uint64_t estimate_bits(const TensorInfo& info, std::span<const int32_t>, Bytes bytes) { return plan(info, bytes).bits; }

void encode(const TensorInfo& info, std::span<const int32_t>, Bytes bytes, std::vector<std::byte>& out) {
  const Plan p = plan(info, bytes);
  BitWriter header(out);
  header.put(static_cast<uint32_t>(p.kind), 2);
  if (p.kind == FloatKind::raw) {
    header.finish();
    out.insert(out.end(), bytes.begin(), bytes.end());
    return;
  }
  if (p.kind == FloatKind::table) {
    header.put(static_cast<uint32_t>(p.entries.size() / size_of(info.dtype) - 1), 8);
    p.code.write_description(header);
    header.finish();
    out.insert(out.end(), p.entries.begin(), p.entries.end());
    p.code.encode(p.symbols, out);
    return;
  }
  header.put(p.top, 2);
  header.put(p.sparse ? 1 : 0, 1);
  header.put(p.base, FloatCut(float_layout(info.dtype), p.top).head_bits);
  header.put_gamma(p.escapes.size() + 1);
  p.code.write_description(header);
  for (const Plane& plane : p.planes) {
    header.put(static_cast<uint32_t>(plane.mode), 2);
    if (plane.mode == PlaneMode::constant) header.put(plane.constant, 8);
    if (plane.mode == PlaneMode::coded) plane.code.write_description(header);
  }
  header.finish();
  const auto escapes = std::as_bytes(std::span(p.escapes));
  out.insert(out.end(), escapes.begin(), escapes.end());
  p.code.encode(p.symbols, out);
  for (const Plane& plane : p.planes) {
    if (plane.mode == PlaneMode::stored) pack(plane.values, plane.bits, out);
    if (plane.mode == PlaneMode::coded) plane.code.encode(plane.values, out);
  }
}

}  // namespace

extern const Encoder encoder_float_planes;
const Encoder encoder_float_planes = {
    .id = 7,
    .name = "float_planes",
    .summary = "floats: exponents coded, signs and low bits of the mantissa as they are",
    .supports = float_planes_supports,
    .estimate_bits = estimate_bits,
    .encode = encode,
};

}  // namespace pare
