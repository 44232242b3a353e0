#include <bit>
#include <cmath>

#include "format/bits.h"
#include "format/bytes.h"
#include "format/container/tables.h"

namespace pare {

namespace {

constexpr int64_t kMost = int64_t{1} << 32;  // no number of a table is larger

Status bad(const char* what, const BitReader& bits) { return {Code::corrupt, what, bits.position() / 8}; }

// A signed number: 6 bits say how many bits its zigzag has.
int64_t take_number(BitReader& bits) {
  const unsigned width = std::min(bits.take(6), 34U);
  const uint64_t high = width > 32 ? bits.take(width - 32) : 0;
  return unzigzag(high << 32 | bits.take(std::min(width, 32U)));
}

// Calls put(i, number) for each of `count` numbers; put says whether it can be one.
template <class Put>
Status take_sequence(BitReader& bits, size_t count, Put put) {
  const auto kind = static_cast<Sequence>(bits.take(2));
  int64_t number = take_number(bits);
  const unsigned width = kind == Sequence::same ? 0 : bits.take(6);
  if (width > 32) return bad("numbers of a table are too wide", bits);
  const int64_t least = number;
  for (size_t i = 0; i < count; ++i) {
    if (kind == Sequence::range) {
      number = least + bits.take(width);
    } else if (kind != Sequence::same && i > 0) {
      const uint64_t lead = bits.take_gamma();
      if (lead == 0 || lead > uint64_t{1} << 33) return bad("bad difference in a table", bits);
      const uint64_t difference = (lead - 1) << width | bits.take(width);
      if (difference > uint64_t{1} << 34) return bad("bad difference in a table", bits);
      number += kind == Sequence::rises ? static_cast<int64_t>(difference) : unzigzag(difference);
    }
    if (number > kMost || number < -kMost || !put(i, number)) return bad("number of a table out of range", bits);
    if (bits.overrun()) return {Code::truncated, "table ends early"};
  }
  return {};
}

Status take_reals(BitReader& bits, std::vector<float>& list) {
  if (list.empty()) return {};
  const auto kind = static_cast<NumberKind>(bits.take(2));
  if (kind == NumberKind::plain) {
    for (float& v : list) {
      v = std::bit_cast<float>(bits.take(32));
      if (bits.overrun()) return {Code::truncated, "table ends early"};
    }
    return {};
  }
  if (kind == NumberKind::integers) {
    const int exponent = static_cast<int>(bits.take(9)) - kExponentBias;
    return take_sequence(bits, list.size(), [&](size_t i, int64_t number) {
      list[i] = std::ldexp(static_cast<float>(number), exponent);
      return std::abs(number) < 1 << 24;
    });
  }
  if (kind != NumberKind::ordered) return bad("unknown kind of table", bits);
  const unsigned dropped = bits.take(5);
  return take_sequence(bits, list.size(), [&](size_t i, int64_t number) {
    const auto magnitude = static_cast<uint64_t>(std::abs(number)) << dropped;
    list[i] = std::bit_cast<float>(static_cast<uint32_t>(magnitude) | (number < 0 ? 1U << 31 : 0U));
    return magnitude < uint64_t{1} << 31;
  });
}

}  // namespace

Status decode_tables(std::span<const std::byte> in, Grid& grid) {
  BitReader bits(in);
  PARE_TRY(take_reals(bits, grid.codebook));
  PARE_TRY(take_reals(bits, grid.scale));
  if (!grid.zero_point.empty()) {
    PARE_TRY(take_sequence(bits, grid.zero_point.size(), [&](size_t i, int64_t number) {
      grid.zero_point[i] = static_cast<int32_t>(number);
      return grid.zero_point[i] == number;
    }));
  }
  return bits.finish();
}

}  // namespace pare
