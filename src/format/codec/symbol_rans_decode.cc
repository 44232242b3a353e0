#include <algorithm>
#include <bit>
#include <cstring>

#include "format/codec/symbol_rans.h"

namespace pare {

namespace {

// A gamma code below 2^16, which all codes of a description are; 0 for others.
uint32_t take_short_gamma(BitReader& bits) {
  const auto zeros = static_cast<unsigned>(std::countl_zero(bits.peek(32)));
  return zeros > 15 ? 0 : bits.take(2 * zeros + 1);
}

}  // namespace

Status SymbolDecoder::read_steps(BitReader& bits, std::span<uint8_t> steps) {
  const unsigned fine = bits.take(2);
  int64_t last = 0;
  for (size_t s = 0; s < steps.size();) {
    const uint64_t high = take_short_gamma(bits);
    if (high == 0 || high > 2 * SymbolRans::kMostStep + 2)
      return {Code::corrupt, "bad frequency step", bits.position() / 8};
    const uint64_t v = (high - 1) << fine | bits.take(fine);
    if (v == 0) {
      const uint64_t absent = take_short_gamma(bits);
      if (absent == 0 || absent > steps.size() - s)
        return {Code::corrupt, "bad run of absent symbols", bits.position() / 8};
      s += absent;
      continue;
    }
    last += unzigzag(v - 1);
    if (last < 1 || last > int64_t{SymbolRans::kMostStep})
      return {Code::corrupt, "bad frequency step", bits.position() / 8};
    steps[s++] = static_cast<uint8_t>(last);
  }
  return last == 0 ? Status(Code::corrupt, "no symbol occurs", bits.position() / 8) : Status();
}

void SymbolDecoder::build_table(std::span<const uint8_t> steps, Table& table) {
  std::array<uint16_t, SymbolRans::kMostSymbols> frequencies;
  SymbolRans::frequencies(steps, frequencies);
  size_t start = 0;
  for (size_t s = 0; s < steps.size(); ++s) {
    if (frequencies[s] == 0) continue;
    table.frequencies[s] = frequencies[s];
    table.starts[s] = start;
    std::memset(table.symbols.data() + start, static_cast<int>(s), frequencies[s]);
    start += frequencies[s];
  }
}

Status SymbolDecoder::read(BitReader& bits) {
  symbols_ = bits.take(8) + 1;
  if (symbols_ == 1) return bits.overrun() ? Status(Code::truncated, "bits end early") : Status();
  const size_t classes = bits.take(3) + 1;
  std::array<uint8_t, SymbolRans::kMostClasses> thresholds{};
  for (size_t c = 0; c + 1 < classes; ++c) {
    thresholds[c] = static_cast<uint8_t>(bits.take(8));
    if (thresholds[c] <= (c == 0 ? 0 : thresholds[c - 1]))
      return {Code::corrupt, "thresholds must rise", bits.position() / 8};
  }
  for (size_t s = 0, c = 0; s < symbols_; ++s) {
    while (c + 1 < classes && thresholds[c] <= s) ++c;
    class_after_[s] = static_cast<uint8_t>(c);
  }
  tables_ = std::make_unique_for_overwrite<Table[]>(classes);  // a class has slots for all, and reads only what it has
  std::array<uint8_t, SymbolRans::kMostSymbols> steps{};
  for (size_t c = 0; c < classes; ++c) {
    steps.fill(0);
    PARE_TRY(read_steps(bits, std::span(steps).first(symbols_)));
    build_table(std::span(steps).first(symbols_), tables_[c]);
  }
  return bits.overrun() ? Status(Code::truncated, "bits end early") : Status();
}

template <size_t kStreams>
Status SymbolDecoder::decode_streams(std::span<const std::byte>& in, std::span<uint8_t> out) const {
  constexpr size_t kStates = kStreams * SymbolRans::kStateBytes;
  if (in.size() < kStates) return {Code::truncated, "coded symbols end early"};
  std::array<const Table*, SymbolRans::kMostSymbols> table_after;
  for (size_t s = 0; s < symbols_; ++s) table_after[s] = &tables_[class_after_[s]];
  std::array<uint64_t, kStreams> state{};
  std::array<const Table*, kStreams> table;
  table.fill(&tables_[0]);
  for (size_t s = 0; s < kStreams; ++s) {
    std::memcpy(&state[s], in.data() + s * SymbolRans::kStateBytes, SymbolRans::kStateBytes);
    if (state[s] < SymbolRans::kLowest) return {Code::corrupt, "bad state of a stream"};
  }
  const std::byte* word = in.data() + kStates;
  const std::byte* const end = in.data() + in.size();
  const auto take = [&](size_t s) {
    const uint64_t slot = state[s] % SymbolRans::kScale;
    const uint8_t symbol = table[s]->symbols[slot];
    state[s] = table[s]->frequencies[symbol] * (state[s] >> SymbolRans::kBits) + (slot - table[s]->starts[symbol]);
    table[s] = table_after[symbol];
    return symbol;
  };
  const auto refill = [&](size_t s, uint32_t next) {  // without a branch, which nothing could predict
    const uint64_t all_if_low = 0 - uint64_t{state[s] < SymbolRans::kLowest};
    state[s] ^= (state[s] ^ (state[s] << SymbolRans::kWordBits | next)) & all_if_low;
    word += 4 & all_if_low;
  };
  const size_t each = SymbolRans::each(out.size());
  uint8_t* to = out.data();
  uint8_t* const to_end = to + each;
  for (; to < to_end && static_cast<size_t>(end - word) >= 4 * kStreams; to += 2) {
#pragma GCC unroll 4
    for (size_t s = 0; s < kStreams; ++s) {
      to[s * each] = take(s);
      to[s * each + 1] = take(s);
      uint32_t next;
      std::memcpy(&next, word, 4);
      refill(s, next);
    }
  }
  bool early = false;  // from here on there may be fewer words than streams
  const auto careful = [&](size_t s, uint8_t* at, size_t count) {
    for (size_t i = 0; i < count; ++i) at[i] = take(s);
    uint32_t next = 0;
    if (end - word >= 4)
      std::memcpy(&next, word, 4);
    else if (state[s] < SymbolRans::kLowest)
      early = true;
    if (!early) refill(s, next);
  };
  for (; to < to_end && !early; to += 2)
    for (size_t s = 0; s < kStreams && !early; ++s) careful(s, to + s * each, 2);
  for (size_t i = kStreams * each; i < out.size() && !early; i += 2)
    careful(kStreams - 1, out.data() + i, std::min<size_t>(2, out.size() - i));
  if (early) return {Code::truncated, "coded symbols end early"};
  for (uint64_t x : state)
    if (x != SymbolRans::kLowest) return {Code::corrupt, "a stream does not end where it began"};
  in = in.subspan(static_cast<size_t>(word - in.data()));
  return {};
}

Status SymbolDecoder::decode(std::span<const std::byte>& in, std::span<uint8_t> out) const {
  if (symbols_ == 1) {
    if (!out.empty()) std::memset(out.data(), 0, out.size());
    return {};
  }
  return SymbolRans::streams(out.size()) == 1 ? decode_streams<1>(in, out)
                                              : decode_streams<SymbolRans::kManyStreams>(in, out);
}

}  // namespace pare
