#include "format/codec/huffman.h"
#include "format/codec/value_code.h"

namespace pare {

namespace {

Status levels(const TensorInfo& info, std::span<const std::byte> in, std::span<int32_t> out) {
  BitReader bits(in);
  const bool centred = bits.take(1) == 1;
  if (centred && !huffman_can_centre(info)) return {Code::corrupt, "levels too wide to be centred"};
  const int64_t centre = huffman_centre(info);
  ValueDecoder values;
  PARE_TRY(values.read(bits, !out.empty()));
  for (size_t i = 0; i < out.size(); ++i) {
    const uint32_t value = values.next(bits);
    const int64_t level = centred ? centre + unzigzag(value) : int64_t{info.low} + value;
    if (bits.overrun()) return {Code::truncated, "huffman levels end early", in.size()};
    if (level < info.low || level > info.high) return {Code::corrupt, "level out of range", bits.position() / 8};
    out[i] = static_cast<int32_t>(level);
  }
  return bits.finish();
}

Status bytes(const TensorInfo& info, std::span<const std::byte> in, std::span<std::byte> out) {
  BitReader bits(in);
  const size_t size = size_of(info.dtype);
  for (size_t plane = 0; plane < size; ++plane) {
    ValueDecoder values;
    PARE_TRY(values.read(bits, !out.empty()));
    for (size_t at = plane; at < out.size(); at += size) {
      const uint32_t value = values.next(bits);
      if (bits.overrun()) return {Code::truncated, "huffman bytes end early", in.size()};
      if (value > 255) return {Code::corrupt, "byte out of range", bits.position() / 8};
      out[at] = static_cast<std::byte>(value);
    }
  }
  return bits.finish();
}

}  // namespace

extern const Decoder decoder_huffman;
const Decoder decoder_huffman = {.id = 2, .name = "huffman", .levels = levels, .bytes = bytes};

}  // namespace pare
