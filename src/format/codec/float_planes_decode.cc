#include <algorithm>
#include <array>
#include <cstring>

#include "format/codec/float_planes.h"
#include "format/codec/symbol_rans.h"

namespace pare {

namespace {

using Bytes = std::span<const std::byte>;
constexpr size_t kBlock = 512;  // elements that are put together at a time: planes of a block stay in the cache

Status take(Bytes& in, size_t size, Bytes& part) {
  if (in.size() < size) return {Code::truncated, "float planes end early"};
  part = in.first(size);
  in = in.subspan(size);
  return {};
}

// Eight values of kBits (1 to 7) bits to eight bytes: halves are moved apart, then quarters, then single values.
template <unsigned kBits>
uint64_t spread_bits(uint64_t x) {
  x &= (uint64_t{1} << (8 * kBits)) - 1;
#pragma GCC unroll 3
  for (unsigned level = 0; level < 3; ++level) {
    const unsigned held = kBits * (4U >> level), lane = 64U >> level;
    uint64_t mask = (uint64_t{1} << held) - 1;
    for (unsigned width = lane; width < 64; width *= 2) mask |= mask << width;
    x = (x & mask) | ((x & ~mask) << (lane / 2 - held));
  }
  return x;
}
// `from` begins with packed_size(count) bytes; `out` has room for count, rounded up to 8.
template <unsigned kBits>
void unpack(Bytes from, size_t count, uint8_t* out) {
  const auto put = [&](size_t group, size_t held) {
    uint64_t x = 0;
    std::memcpy(&x, from.data() + group * kBits, held);
    x = spread_bits<kBits>(x);
    std::memcpy(out + group * 8, &x, 8);
  };
  const size_t groups = (count + 7) / 8;
  size_t group = 0;
  for (; group < groups && group * kBits + 8 <= from.size(); ++group) put(group, 8);
  for (; group < groups; ++group) put(group, std::min<size_t>(kBits, from.size() - group * kBits));
}
constexpr std::array<void (*)(Bytes, size_t, uint8_t*), 8> kUnpack = {nullptr,   unpack<1>, unpack<2>, unpack<3>,
                                                                      unpack<4>, unpack<5>, unpack<6>, unpack<7>};

struct Plane {
  PlaneMode mode = PlaneMode::stored;
  unsigned bits = 8;
  uint8_t constant = 0;
  Bytes stored;
  SymbolDecoder code;
  std::vector<uint8_t> decoded;

  // Values of the elements [first, first + count), in the plane or in `room`.
  const uint8_t* block(size_t first, size_t count, uint8_t* room) const {
    if (mode == PlaneMode::coded) return decoded.data() + first;
    if (mode == PlaneMode::constant) {
      std::memset(room, constant, count);
      return room;
    }
    if (bits == 8) return reinterpret_cast<const uint8_t*>(stored.data()) + first;
    kUnpack[bits](stored.subspan(first / 8 * bits), count, room);
    return room;
  }
};

struct Header {
  unsigned top = 0, base = 0;
  bool sparse = false;
  size_t escapes = 0;
  SymbolDecoder heads;
  std::array<Plane, kMostFloatPlanes> planes;
  unsigned first_head() const { return sparse ? 2 : 1; }  // the symbol of `base`
};

Status read_header(BitReader& bits, FloatLayout layout, size_t count, Header& h) {
  h.top = bits.take(2);
  h.sparse = bits.take(1) == 1;
  const FloatCut cut(layout, h.top);
  h.base = bits.take(cut.head_bits);
  const uint64_t escapes = bits.take_gamma();
  if (escapes == 0 || escapes - 1 > count) return {Code::corrupt, "bad count of escapes", bits.position() / 8};
  h.escapes = escapes - 1;
  PARE_TRY(h.heads.read(bits));
  if (h.heads.symbols() > h.first_head() && h.base + h.heads.symbols() - h.first_head() > size_t{1} << cut.head_bits)
    return {Code::corrupt, "head out of range", bits.position() / 8};
  for (unsigned p = 0; p < cut.planes; ++p) {
    Plane& plane = h.planes[p];
    plane.bits = cut.bits_of(p);
    const unsigned mode = bits.take(2);
    if (mode > 2) return {Code::corrupt, "bad mode of a plane", bits.position() / 8};
    plane.mode = static_cast<PlaneMode>(mode);
    if (plane.mode == PlaneMode::constant) {
      plane.constant = static_cast<uint8_t>(bits.take(8));
      if (plane.constant >> plane.bits != 0) return {Code::corrupt, "plane out of range", bits.position() / 8};
    } else if (plane.mode == PlaneMode::coded) {
      PARE_TRY(plane.code.read(bits));
      if (plane.code.symbols() > size_t{1} << plane.bits)
        return {Code::corrupt, "plane out of range", bits.position() / 8};
    }
  }
  return bits.overrun() ? Status(Code::truncated, "bits end early") : Status();
}

// The rest of the first whole byte after the header must be zero bits.
Status skip_padding(BitReader& bits, Bytes in, Bytes& rest) {
  const auto padding = static_cast<unsigned>((8 - bits.position() % 8) % 8);
  if (bits.take(padding) != 0) return {Code::corrupt, "padding bits must be zero", bits.position() / 8};
  if (bits.overrun()) return {Code::truncated, "bits end early", in.size()};
  rest = in.subspan(bits.position() / 8);
  return {};
}

template <class Word>
Word head_field(FloatCut cut) {
  return static_cast<Word>(((Word{1} << cut.head_bits) - 1) << cut.low_bits);
}

// A shift that becomes vector code at the width of a Word: for 16 bits, only a multiplication does.
template <class Word>
Word shifted_left(Word x, unsigned bits) {
  return static_cast<Word>(sizeof(Word) == 2 ? x * (1U << bits) : x << bits);
}

template <class Word, unsigned kPlanes>
void merge_block(const Header& h, FloatCut cut, const uint8_t* heads, const std::array<const uint8_t*, kPlanes>& planes,
                 size_t count, std::byte* __restrict out) {
  const unsigned low_bits = cut.low_bits, sign_bit = 8 * sizeof(Word) - 1;
  const Word low_mask = static_cast<Word>((Word{1} << low_bits) - 1);
  const Word head_mask = head_field<Word>(cut);  // an escape's symbol may be below the first head
  const Word sign_mask = static_cast<Word>(Word{1} << sign_bit);
  const Word first = static_cast<Word>(h.base - h.first_head());
  for (size_t i = 0; i < count; ++i) {
    Word rest = 0;
    for (unsigned p = 0; p < kPlanes; ++p) rest |= shifted_left<Word>(planes[p][i], 8 * p);
    const Word head = shifted_left<Word>(static_cast<Word>(heads[i] + first), low_bits);
    const Word sign = shifted_left<Word>(rest, sign_bit - low_bits);
    const Word word = static_cast<Word>((sign & sign_mask) | (head & head_mask) | (rest & low_mask));
    std::memcpy(out + i * sizeof(Word), &word, sizeof(Word));
  }
}

size_t count_of(uint8_t value, std::span<const uint8_t> symbols) {
  constexpr size_t kMost = 255;  // what a counter of one byte holds, so that a vector counts as many as it has bytes
  size_t count = 0;
  for (size_t first = 0; first < symbols.size(); first += kMost) {
    uint8_t part = 0;
    for (const uint8_t s : symbols.subspan(first, std::min(kMost, symbols.size() - first))) part += s == value;
    count += part;
  }
  return count;
}

// Puts the heads of escapes, in order, where symbols are 0: there are as many.
template <class Word>
void put_escapes(FloatCut cut, std::span<const uint8_t> heads, Bytes escapes, std::byte* out) {
  const Word head_mask = head_field<Word>(cut);
  const uint8_t* at = heads.data();
  for (size_t e = 0; e < escapes.size(); e += 2, ++at) {
    at = static_cast<const uint8_t*>(std::memchr(at, 0, static_cast<size_t>(heads.data() + heads.size() - at)));
    std::byte* const to = out + static_cast<size_t>(at - heads.data()) * sizeof(Word);
    uint16_t head;
    Word word;
    std::memcpy(&head, escapes.data() + e, 2);
    std::memcpy(&word, to, sizeof(Word));
    word = static_cast<Word>((word & static_cast<Word>(~head_mask)) | static_cast<Word>(Word{head} << cut.low_bits));
    std::memcpy(to, &word, sizeof(Word));
  }
}

template <class Word, unsigned kPlanes>
void merge(const Header& h, FloatCut cut, std::span<const uint8_t> heads, Bytes escapes, std::byte* out) {
  std::array<std::array<uint8_t, kBlock>, kPlanes> room;
  for (size_t first = 0; first < heads.size(); first += kBlock) {
    const size_t count = std::min(kBlock, heads.size() - first);
    std::array<const uint8_t*, kPlanes> planes;
    for (unsigned p = 0; p < kPlanes; ++p) planes[p] = h.planes[p].block(first, count, room[p].data());
    merge_block<Word, kPlanes>(h, cut, heads.data() + first, planes, count, out + first * sizeof(Word));
  }
  put_escapes<Word>(cut, heads, escapes, out);
}

// Moves the elements that are not the symbol 1 from the front to their places; the others are zero.
template <class Word>
void spread(std::span<const uint8_t> symbols, size_t dense, std::byte* out) {
  for (size_t i = symbols.size(); i-- > 0;) {
    Word word = 0;
    if (symbols[i] != 1) std::memcpy(&word, out + --dense * sizeof(Word), sizeof(Word));
    std::memcpy(out + i * sizeof(Word), &word, sizeof(Word));
  }
}

template <class Word>
void merge_all(const Header& h, FloatCut cut, std::span<const uint8_t> symbols, std::span<const uint8_t> heads,
               Bytes escapes, std::byte* out) {
  if constexpr (sizeof(Word) == 2) {
    if (cut.planes == 1)
      merge<Word, 1>(h, cut, heads, escapes, out);
    else
      merge<Word, 2>(h, cut, heads, escapes, out);
  } else {
    merge<Word, sizeof(Word) - 1>(h, cut, heads, escapes, out);
  }
  if (h.sparse) spread<Word>(symbols, heads.size(), out);
}

// Besides what is written: the header and at most (planes + 2) bytes for each element.
Status planes(FloatLayout layout, BitReader& bits, Bytes in, std::span<std::byte> out) {
  const size_t count = out.size() / layout.bytes;
  Header h;
  PARE_TRY(read_header(bits, layout, count, h));
  const FloatCut cut(layout, h.top);
  Bytes rest, escapes;
  PARE_TRY(skip_padding(bits, in, rest));
  PARE_TRY(take(rest, 2 * h.escapes, escapes));
  for (size_t e = 0; e < escapes.size(); e += 2) {
    uint16_t head;
    std::memcpy(&head, escapes.data() + e, 2);
    if (head >> cut.head_bits != 0) return {Code::corrupt, "head out of range", in.size() - rest.size()};
  }
  std::vector<uint8_t> symbols(count), dense;
  PARE_TRY(h.heads.decode(rest, symbols));
  if (count_of(0, symbols) != h.escapes) return {Code::corrupt, "count of escapes is wrong", in.size() - rest.size()};
  std::span<const uint8_t> heads = symbols;
  if (h.sparse) {
    dense.reserve(count);
    std::copy_if(symbols.begin(), symbols.end(), std::back_inserter(dense), [](uint8_t s) { return s != 1; });
    heads = dense;
  }
  for (unsigned p = 0; p < cut.planes; ++p) {
    Plane& plane = h.planes[p];
    if (plane.mode == PlaneMode::stored) PARE_TRY(take(rest, packed_size(heads.size(), plane.bits), plane.stored));
    if (plane.mode == PlaneMode::coded) {
      plane.decoded.resize(heads.size());
      PARE_TRY(plane.code.decode(rest, plane.decoded));
    }
  }
  if (!rest.empty()) return {Code::corrupt, "bytes left over", in.size() - rest.size()};
  switch (layout.bytes) {
    case 2:
      merge_all<uint16_t>(h, cut, symbols, heads, escapes, out.data());
      break;
    case 4:
      merge_all<uint32_t>(h, cut, symbols, heads, escapes, out.data());
      break;
    default:
      merge_all<uint64_t>(h, cut, symbols, heads, escapes, out.data());
  }
  return {};
}

template <class Word>
void look_up(std::span<const uint8_t> symbols, Bytes entries, std::byte* out) {
  for (size_t i = 0; i < symbols.size(); ++i)
    std::memcpy(out + i * sizeof(Word), entries.data() + symbols[i] * sizeof(Word), sizeof(Word));
}

Status table(FloatLayout layout, BitReader& bits, Bytes in, std::span<std::byte> out) {
  const size_t count = out.size() / layout.bytes, entries = bits.take(8) + 1;
  SymbolDecoder code;
  PARE_TRY(code.read(bits));
  if (code.symbols() > entries) return {Code::corrupt, "entry out of range", bits.position() / 8};
  Bytes rest, values;
  PARE_TRY(skip_padding(bits, in, rest));
  PARE_TRY(take(rest, entries * layout.bytes, values));
  std::vector<uint8_t> symbols(count);
  PARE_TRY(code.decode(rest, symbols));
  if (!rest.empty()) return {Code::corrupt, "bytes left over", in.size() - rest.size()};
  switch (layout.bytes) {
    case 2:
      look_up<uint16_t>(symbols, values, out.data());
      break;
    case 4:
      look_up<uint32_t>(symbols, values, out.data());
      break;
    default:
      look_up<uint64_t>(symbols, values, out.data());
  }
  return {};
}

Status bytes(const TensorInfo& info, Bytes in, std::span<std::byte> out) {
  if (!float_planes_supports(info)) return {Code::invalid, "float_planes holds floats only"};
  const FloatLayout layout = float_layout(info.dtype);
  BitReader bits(in);
  const unsigned kind = bits.take(2);
  if (kind == static_cast<unsigned>(FloatKind::planes)) return planes(layout, bits, in, out);
  if (kind == static_cast<unsigned>(FloatKind::table)) return table(layout, bits, in, out);
  if (kind != static_cast<unsigned>(FloatKind::raw)) return {Code::corrupt, "bad kind of float planes"};
  Bytes rest;
  PARE_TRY(skip_padding(bits, in, rest));
  if (rest.size() < out.size()) return {Code::truncated, "raw bytes end early", in.size()};
  if (rest.size() > out.size()) return {Code::corrupt, "bytes left over", 1 + out.size()};
  if (!out.empty()) std::memcpy(out.data(), rest.data(), rest.size());
  return {};
}

}  // namespace

extern const Decoder decoder_float_planes;
const Decoder decoder_float_planes = {.id = 7, .name = "float_planes", .levels = nullptr, .bytes = bytes};

}  // namespace pare
