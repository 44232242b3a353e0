#include <algorithm>
#include <bit>

#include "format/bits.h"
#include "format/bytes.h"
#include "format/codec/bitpack.h"

namespace pare {

namespace {

template <class F>
void for_each_element(const TensorInfo& info, std::span<const int32_t> levels, std::span<const std::byte> bytes, F f) {
  if (info.payload == Payload::levels) {
    for (int32_t level : levels) f(int64_t{level});
    return;
  }
  const size_t size = size_of(info.dtype);
  for (size_t at = 0; at < bytes.size(); at += size) f(bitpack_load(info.dtype, bytes.data() + at));
}

struct Plan {
  int64_t base = 0;
  unsigned width = 0;
  uint64_t count = 0;
};

Plan plan(const TensorInfo& info, std::span<const int32_t> levels, std::span<const std::byte> bytes) {
  int64_t low = INT64_MAX, high = INT64_MIN;
  Plan p;
  for_each_element(info, levels, bytes, [&](int64_t v) {
    low = std::min(low, v);
    high = std::max(high, v);
    ++p.count;
  });
  if (p.count > 0) {
    p.base = low;
    p.width = static_cast<unsigned>(std::bit_width(static_cast<uint64_t>(high) - static_cast<uint64_t>(low)));
  }
  return p;
}

uint64_t estimate_bits(const TensorInfo& info, std::span<const int32_t> levels, std::span<const std::byte> bytes) {
  const Plan p = plan(info, levels, bytes);
  const uint64_t base_bytes = (static_cast<uint64_t>(std::bit_width(zigzag(p.base) | 1)) + 6) / 7;
  return 8 * (base_bytes + 1) + p.count * p.width;
}

void encode(const TensorInfo& info, std::span<const int32_t> levels, std::span<const std::byte> bytes,
            std::vector<std::byte>& out) {
  const Plan p = plan(info, levels, bytes);
  ByteWriter header(out);
  header.varint(zigzag(p.base));
  header.number(static_cast<uint8_t>(p.width));
  BitWriter bits(out);
  for_each_element(info, levels, bytes, [&](int64_t v) {
    const uint64_t offset = static_cast<uint64_t>(v) - static_cast<uint64_t>(p.base);
    if (p.width > 32) bits.put(static_cast<uint32_t>(offset >> 32), p.width - 32);
    bits.put(static_cast<uint32_t>(offset), std::min(p.width, 32U));
  });
  bits.finish();
}

}  // namespace

extern const Encoder encoder_bitpack;
const Encoder encoder_bitpack = {
    .id = 1,
    .name = "bitpack",
    .summary = "the same number of bits for every element",
    .supports = bitpack_supports,
    .estimate_bits = estimate_bits,
    .encode = encode,
};

}  // namespace pare
