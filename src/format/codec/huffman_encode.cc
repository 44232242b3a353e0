#include "format/codec/huffman.h"
#include "format/codec/value_code_encode.h"

namespace pare {

namespace {

uint32_t value_of(const TensorInfo& info, bool centred, int32_t level) {
  return static_cast<uint32_t>(centred ? zigzag(level - huffman_centre(info))
                                       : static_cast<uint64_t>(int64_t{level} - info.low));
}

ValueEncoder level_code(const TensorInfo& info, bool centred, std::span<const int32_t> levels) {
  Histogram histogram;
  for (int32_t level : levels) histogram.add(value_of(info, centred, level));
  return ValueEncoder(histogram);
}

// Centring only matters where values get extra bits: levels of many bits.
bool centre_pays(const TensorInfo& info, std::span<const int32_t> levels) {
  return huffman_can_centre(info) && int64_t{info.high} - info.low > 255 &&
         level_code(info, true, levels).bits() < level_code(info, false, levels).bits();
}

ValueEncoder plane_code(std::span<const std::byte> bytes, size_t plane, size_t size) {
  Histogram histogram;
  for (size_t at = plane; at < bytes.size(); at += size) histogram.add(static_cast<uint8_t>(bytes[at]));
  return ValueEncoder(histogram);
}

bool supports(const TensorInfo&) { return true; }

uint64_t estimate_bits(const TensorInfo& info, std::span<const int32_t> levels, std::span<const std::byte> bytes) {
  if (info.payload == Payload::levels) return 1 + level_code(info, centre_pays(info, levels), levels).bits();
  const size_t size = size_of(info.dtype);
  uint64_t bits = 0;
  for (size_t plane = 0; plane < size; ++plane) bits += plane_code(bytes, plane, size).bits();
  return bits;
}

void encode(const TensorInfo& info, std::span<const int32_t> levels, std::span<const std::byte> bytes,
            std::vector<std::byte>& out) {
  BitWriter bits(out);
  if (info.payload == Payload::levels) {
    const bool centred = centre_pays(info, levels);
    const ValueEncoder code = level_code(info, centred, levels);
    bits.put(centred ? 1 : 0, 1);
    code.write_description(bits);
    for (int32_t level : levels) code.write(bits, value_of(info, centred, level));
  } else {
    const size_t size = size_of(info.dtype);
    for (size_t plane = 0; plane < size; ++plane) {
      const ValueEncoder code = plane_code(bytes, plane, size);
      code.write_description(bits);
      for (size_t at = plane; at < bytes.size(); at += size) code.write(bits, static_cast<uint8_t>(bytes[at]));
    }
  }
  bits.finish();
}

}  // namespace

extern const Encoder encoder_huffman;
const Encoder encoder_huffman = {
    .id = 2,
    .name = "huffman",
    .summary = "canonical Huffman code of levels, or of each byte of an element",
    .supports = supports,
    .estimate_bits = estimate_bits,
    .encode = encode,
};

}  // namespace pare
